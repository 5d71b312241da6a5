"""From what stands after --data to a folder of scans."""

from collections.abc import Callable
from pathlib import Path

from edge.files.walk_folders import is_companion_folder
from train.errors import TrainError

PHANTOM = "phantom"
PHANTOM_FOLDER = Path("data")
KAGGLE = "kaggle:"


def resolve(
    source: str, phantoms: int, seed: int, say: Callable[[str], None] = lambda _: None
) -> Path:
    """The folder of `phantom` (generated), `kaggle:owner/name` (downloaded) or a path (as it is).

    Args:
        phantoms: how many to generate.
        say: is told where they lie.

    Raises:
        TrainError: phantoms cannot be generated, or the data set not be downloaded.
    """
    if source.startswith(KAGGLE):
        return _downloaded(source.removeprefix(KAGGLE))
    if source != PHANTOM:
        return Path(source)
    folder = _phantoms(phantoms, seed)
    say(f"{phantoms} generated phantoms of seed {seed} are in {folder.resolve()}")
    return folder


def name_of(sources: list[str]) -> str:
    """A short name for a run or an inspection of them.

    Raises:
        TrainError: one is a link that leads back to itself.
    """
    return "+".join(_name_of(source) for source in sources)


def _name_of(source: str) -> str:
    try:
        return Path(source.removeprefix(KAGGLE)).resolve().name
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop, before Python 3.13
        raise TrainError(
            f"{source}: is a link that leads back to itself; give the folder that it should lead to"
        ) from error


def _phantoms(count: int, seed: int) -> Path:
    from train.phantom.files import write_phantoms

    try:
        return write_phantoms(PHANTOM_FOLDER / f"phantom-{count}-seed{seed}", count, seed)
    except (ValueError, OSError) as error:
        raise TrainError(f"--data {PHANTOM}: {error}") from error


def _downloaded(handle: str) -> Path:
    given = f"--data {KAGGLE}{handle}"
    instead = (
        f"or download https://www.kaggle.com/datasets/{handle} by hand and pass its unpacked "
        "folder: --data DIR"
    )
    if len(handle.split("/")) != 2 or not all(handle.split("/")):
        raise TrainError(f"{given}: is no data set; write {KAGGLE}owner/name, or pass a folder")
    try:
        import kagglehub
    except ImportError as error:
        raise TrainError(
            f"{given}: needs kagglehub; install it with pip install 'mri-edge[kaggle]', {instead}"
        ) from error
    try:
        folder = Path(kagglehub.dataset_download(handle))
    except Exception as error:
        # No common type: requests' own, kagglehub's, ValueError for a handle that it dislikes.
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise TrainError(
            f"{given}: cannot be downloaded ({reason}); check the network and the name, {instead}"
        ) from error
    # Many data sets are one folder that holds the class folders.
    inner = [
        path
        for path in folder.iterdir()
        if path.is_dir() and path.name[0] != "." and not is_companion_folder(path.name)
    ]
    return inner[0] if len(inner) == 1 else folder
