"""The same fit on every Keras backend, on several devices, and in several processes.

Each runs in processes of its own, for a backend is chosen on import.
"""

import json
import os
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras")

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
BACKENDS = ("tensorflow", "jax", "torch")
LOSS = 1e-3
"""Relative difference of a loss that sums in another order may make in a few epochs."""

# The same initial weights for all, as backends draw other random numbers from a seed.
FIT = """
import json, os, sys
if os.environ.get("TWO_CPUS") and os.environ["KERAS_BACKEND"] == "tensorflow":
    import tensorflow as tf
    one = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(one, [tf.config.LogicalDeviceConfiguration()] * 2)
from train.hardware import backend; backend.start()
import numpy as np, keras
from pathlib import Path
from tests.train.small import narrow_networks, options, samples
from train.hardware import devices
from train.networks import registry
from train.fitting.fit import FitContext, fit
from dataclasses import replace

def same_weights(build):
    def built(spec, **more):
        model, random = build(spec, **more), np.random.default_rng(0)
        spread = float(os.environ.get("SPREAD", 0.1))
        model.set_weights([random.normal(0, spread, w.shape) for w in model.get_weights()])
        return model
    return built

found = devices.find(sys.argv[2])
data = samples()
with narrow_networks():
    known = registry.ARCHITECTURES[sys.argv[1]]
    registry.ARCHITECTURES[sys.argv[1]] = replace(known, build=same_weights(known.build))
    case = options(sys.argv[1], augment=False, epochs=2, unfreeze=sys.argv[3] or None)
    result = fit(case, data[np.arange(30)], data[np.arange(30, 40)], FitContext(found))
print(json.dumps({**result.history, "devices": found.count}))
"""


def fit(backend, model="cnn", devices="one", unfreeze="", wait=True, **environment):
    """The history of a fit in a process of its own."""
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    process = subprocess.Popen(
        [sys.executable, "-c", FIT, model, devices, unfreeze],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend, **environment},
    )
    return history(process) if wait else process


def history(process):
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err[-3000:]
    return json.loads(out.splitlines()[-1])


@pytest.fixture(scope="module")
def reference():
    return fit("tensorflow")


def close(one, two):
    for name in ("loss", "val_loss"):
        np.testing.assert_allclose(one[name], two[name], rtol=LOSS)


@pytest.mark.parametrize("backend", BACKENDS[1:])
def test_every_backend_finds_the_same_losses(backend, reference):
    close(fit(backend), reference)


@pytest.mark.parametrize("backend", BACKENDS[1:])
def test_every_backend_learns_from_a_saturated_output(backend):
    close(fit(backend, "vgg16", SPREAD="0.6"), fit("tensorflow", "vgg16", SPREAD="0.6"))


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_two_devices_train_as_one(backend, reference):
    two = fit(
        backend,
        devices="all",
        TWO_CPUS="1",
        XLA_FLAGS="--xla_force_host_platform_device_count=2",
    )
    assert two["devices"] == 2
    close(two, reference)


def test_a_backbone_is_fine_tuned_on_two_devices():
    two = fit("tensorflow", "vgg16", "all", "block5", TWO_CPUS="1")
    assert two["devices"] == 2
    close(two, fit("tensorflow", "vgg16", "one", "block5"))


def test_two_processes_train_as_one(reference):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    hosts = {
        "KERAS_DISTRIBUTION_JOB_ADDRESSES": f"{address},{address}",
        "KERAS_DISTRIBUTION_NUM_PROCESSES": "2",
    }
    both = [
        fit("jax", devices="all", wait=False, KERAS_DISTRIBUTION_PROCESS_ID=number, **hosts)
        for number in "01"
    ]
    for found in map(history, both):
        assert found["devices"] == 2
        close(found, reference)


def test_a_backend_without_several_devices_says_so():
    if find_spec("torch") is None:
        pytest.skip("torch is not installed")
    code = "from train.hardware import devices; devices.find('all')"
    environment = {**os.environ, "KERAS_BACKEND": "torch"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment
    )
    assert "--devices all needs KERAS_BACKEND=jax or tensorflow" in done.stderr
