"""Files that are no plain picture, or only a part of one: what a system says of them."""

from pathlib import Path

from PIL import Image

from train.phantom.make import make_phantom

_SEED = 3
_SIZE = 512


def make_damaged_files(folder: Path) -> dict[str, Path]:
    """A generated slice with a lesion: whole, as DICOM, and with its end missing."""
    from benchmarks.scale.made_files import write_dicom

    image = Image.fromarray(make_phantom(_SEED, lesion=True, size=_SIZE).pixels)
    files: dict[str, Path] = {}
    for kind, suffix, options in (
        ("PNG", ".png", {}),
        ("JPEG", ".jpg", {"quality": 90}),
        ("progressive JPEG", ".progressive.jpg", {"quality": 90, "progressive": True}),
    ):
        whole = folder / f"whole{suffix}"
        image.save(whole, **options)
        files[kind] = whole
        data = whole.read_bytes()
        for name, keep in (
            ("half of it", len(data) // 2),
            ("nine tenths of it", len(data) * 9 // 10),
            ("all but 16 bytes", len(data) - 16),
        ):
            part = folder / f"{name.replace(' ', '-')}{suffix}"
            part.write_bytes(data[:keep])
            files[f"{kind}, {name}"] = part
    dicom = folder / "scan.dcm"
    if write_dicom(dicom, image):
        files["DICOM"] = dicom
    return files
