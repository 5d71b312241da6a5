"""Every reader of what others wrote: what a mutation begins from, and what must hold of it."""

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from tests.fuzz import names, network, seeds
from tests.fuzz.check import check_image, check_model, payload_of
from tests.fuzz.mutate import mutate, mutate_text, name


class Reader(NamedTuple):
    """One kind of input."""

    make: Callable[[Random], object]
    """A new input, the same for the same state of the generator."""
    check: Callable[[object], bool]
    """Whether it was accepted; raises what is a finding."""
    share: int
    """Of a hundred inputs or so."""


def all_readers(folder: Path) -> dict[str, Reader]:
    """By name. Imports Keras: what reads runs belongs to `train`.

    Args:
        folder: for the inputs. The one in work is always there, should a process end by it.
    """
    readers = _scans(folder) | _models(folder) | _documents(folder)
    readers["names: text, CSV, JSON, Markdown"] = Reader(_keep(name, folder), names.check_name, 6)
    readers["names: HTML"] = Reader(_keep(name, folder), names.check_page, 2)
    for kind, make, check in (
        ("network: units", network.units, network.check_units),
        ("network: proposals, commands", network.proposals, network.check_proposals),
        ("network: multipart", network.multipart, network.check_multipart),
        ("network: URLs", network.url, network.check_url),
    ):
        readers[kind] = Reader(_keep(make, folder), check, 2)
    return readers


def _scans(folder: Path) -> dict[str, Reader]:
    images = seeds.images()
    kinds = {
        **{f"scan: {kind}": _ending(images, suffix) for kind, suffix in _SUFFIXES.items()},
        "scan: TIFF": _ending(images, ".tif") | seeds.tiffs(folder),
        **{f"DICOM: {kind}": one for kind, one in seeds.dicoms_by_syntax(folder).items()},
    }
    everything = [data for files in kinds.values() for data in files.values()]
    shares = {"scan: JPEG": 9, "scan: PNG": 7, "scan: TIFF": 10, "scan: WebP": 6}
    return {
        kind: Reader(_mutation(files, everything), _scan_check(folder, files), shares.get(kind, 3))
        for kind, files in kinds.items()
    }


_SUFFIXES = {
    "PNG": ".png",
    "JPEG": ".jpg",
    "BMP": ".bmp",
    "GIF": ".gif",
    "WebP": ".webp",
    "MPO": ".mpo",
}


def _ending(files: dict[str, bytes], suffix: str) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if name.endswith(suffix)}


def _mutation(files: dict[str, bytes], others: list[bytes]) -> Callable:
    listed = sorted(files)

    def make(random: Random) -> tuple[str, bytes, int | None]:
        chosen = random.choice(listed)
        return chosen, mutate(files[chosen], others, random), random.choice((None, 1, 2))

    return make


def _scan_check(folder: Path, files: dict[str, bytes]) -> Callable:
    def check(made) -> bool:
        seed, data, frame = made
        return check_image(folder / seed, seed, files[seed], data, frame)

    return check


def _models(folder: Path) -> dict[str, Reader]:
    files = seeds.models()
    payloads = {name: payload_of(name, whole) for name, whole in files.items()}

    def check(made) -> bool:
        seed, data, _ = made
        return check_model(folder / seed, files[seed], data, payloads[seed])

    return {"model files": Reader(_mutation(files, list(files.values())), check, 4)}


def _documents(folder: Path) -> dict[str, Reader]:
    from tests.fuzz import document_seeds, documents

    found = {}
    for kind, (prepare, share) in document_seeds.KINDS.items():
        own = folder / kind.replace(" ", "-")
        own.mkdir()
        check = getattr(documents, f"check_{kind.replace(' ', '_')}")
        found[f"document: {kind}"] = Reader(
            _document(prepare(own)), lambda made, check=check, own=own: check(own, made), share
        )
    return found


def _document(texts: list[bytes]) -> Callable[[Random], bytes]:
    """Of JSON half of the mutations are of what it says, so that they get past its syntax."""

    def make(random: Random) -> bytes:
        text = random.choice(texts)
        lines = text.split(b"\n")
        at = random.randrange(len(lines))
        try:
            changed = mutate_text(json.loads(lines[at]), texts, random)
        except ValueError:
            return mutate(text, texts, random)
        if random.random() < 0.2:
            return mutate(text, texts, random)
        return b"\n".join([*lines[:at], changed, *lines[at + 1 :]])

    return make


def _keep(make: Callable[[Random], Any], folder: Path) -> Callable[[Random], Any]:
    """The same, its input left in the folder: a text or bytes, which are in no file otherwise."""

    def kept(random: Random) -> Any:
        made = make(random)
        data = made.encode("utf-8", "surrogatepass") if isinstance(made, str) else made
        (folder / "input").write_bytes(data)
        return made

    return kept
