"""What becomes of pydicom's test files: writes docs/reference/dicom-test-files.md.

    pip install pydicom-data        # the larger ones; what is not there is left out
    python docs/scripts/dicom_test_files.py

Nothing is fetched. tests/edge/scan/test_dicom_test_files.py holds the page to the code.
"""

import warnings
from pathlib import Path

PAGE = Path(__file__).parents[1] / "reference/dicom-test-files.md"
MODALITIES = ("MR", "CT", "OT", "RTDOSE", "RTIMAGE", "RTPLAN", "RTSTRUCT", "SC", None)
"""What is listed: images as hospitals keep them, secondary captures, and what belongs to
radiotherapy."""
SECONDARY = "Secondary Capture"
_HEAD = """# pydicom's test files

What becomes of every MR, CT, secondary-capture and radiotherapy file among the test files of
pydicom {version} and pydicom-data. Files of several frames are listed as read with `--frame 1`.
"read" means: decoded, and given to the out-of-distribution gate and the model as any other scan.

Research software, not a medical device: not for diagnosis or treatment.

"""


def files() -> list[Path]:
    """Those that are installed, by name."""
    from pydicom.data.data_manager import DATA_ROOT

    roots = [Path(DATA_ROOT)]
    try:
        import data_store
    except ImportError:
        pass
    else:
        roots.append(Path(data_store.__file__).parent)
    found = {path.name: path for root in roots for path in sorted(root.rglob("*.dcm"))}
    return [found[name] for name in sorted(found, key=str.lower)]


def row(path: Path) -> str | None:
    """Its line of the table; None if it is of another kind."""
    import pydicom

    from edge.errors import ImageError, RejectedError
    from edge.scan.decode import read_scan

    tags = ["Modality", "SOPClassUID", "NumberOfFrames", "Rows", "Columns"]
    data = pydicom.dcmread(path, force=True, stop_before_pixels=True, specific_tags=tags)
    modality, kind = data.get("Modality"), getattr(data.get("SOPClassUID"), "name", "")
    if modality not in MODALITIES or not (modality or SECONDARY in kind):
        return None
    if modality == "OT" and SECONDARY not in kind:
        return None
    frames = int(str(data.get("NumberOfFrames") or 1).rstrip("A"))
    syntax = getattr(
        getattr(data, "file_meta", {}).get("TransferSyntaxUID"), "name", "no meta header"
    )
    size = f", {data.Columns} x {data.Rows}" if data.get("Rows") else ""
    several = f", {frames} frames" if frames > 1 else ""
    try:
        scan = read_scan(path, frame=1 if frames > 1 else None)
        result = "read" + "".join(f"; {remark}" for remark in scan.remarks)
    except RejectedError as error:
        result = f"rejected: {error.reason}"
    except ImageError as error:
        result = f"refused: {str(error).removeprefix(f'{path}: ')}"
    what = f"{modality or 'no modality'}, {kind}{size}{several}; {syntax}"
    return f"- `{path.name}` ({what}): {result}\n"


def page() -> str:
    """The table, as Markdown."""
    import pydicom

    warnings.simplefilter("ignore")
    rows = [found for path in files() if (found := row(path))]
    return _HEAD.format(version=pydicom.__version__) + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(page())
