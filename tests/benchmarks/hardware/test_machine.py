"""What a machine tells of itself, and what it does not."""

import pytest

from benchmarks.hardware.machine import ConditionMonitor, this_machine


@pytest.fixture
def root(tmp_path):
    """A machine that tells nothing, and a function that writes a file of its /proc or /sys."""

    def tell(path, text):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    return tmp_path, tell


def test_a_machine_that_tells_nothing(root):
    folder, _ = root
    machine = this_machine(folder)
    assert machine.governor is None
    assert machine.memory_megabytes is None
    assert machine.processor
    found = ConditionMonitor(folder).conditions()
    assert (found.celsius, found.steal) == (None, None)


def test_a_board(root):
    folder, tell = root
    tell("proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0\0")
    tell("proc/meminfo", "MemTotal:        8245648 kB\nMemFree: 1 kB\n")
    tell("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "ondemand\n")
    tell("sys/class/thermal/thermal_zone0/temp", "61250\n")
    tell("sys/class/thermal/thermal_zone1/temp", "nonsense\n")
    machine = this_machine(folder)
    assert machine.processor == "Raspberry Pi 5 Model B Rev 1.0"
    assert machine.governor == "ondemand"
    assert machine.memory_megabytes == 8443
    assert machine.kind.startswith("Raspberry Pi 5 Model B Rev 1.0, ")
    assert ConditionMonitor(folder).conditions().celsius == 61.25


def test_throttling_and_what_the_host_took(root):
    folder, tell = root
    count = "sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count"
    tell("proc/stat", "cpu  100 0 0 100 0 0 0 0 0 0\ncpu0 1 1\n")
    tell(count, "3\n")
    watch = ConditionMonitor(folder)
    tell("proc/stat", "cpu  150 0 0 130 0 0 0 20 0 0\ncpu0 1 1\n")
    assert watch.conditions().throttled is False
    tell(count, "4\n")
    assert watch.conditions().throttled is True
    assert watch.conditions().steal == pytest.approx(0.2)


def test_a_pi_is_throttled_only_if_it_is_now(root):
    folder, tell = root
    for bits, told in (("50005", True), ("50000", False), ("no number", None)):
        tell("sys/devices/platform/soc/soc:firmware/get_throttled", f"{bits}\n")
        assert ConditionMonitor(folder).conditions().throttled is told
