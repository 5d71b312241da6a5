"""What the device makes of the DICOM files that pydicom tests itself with.

    pip install pydicom-data && python docs/scripts/dicom_test_files.py

Goes through the files that lie in the installed packages `pydicom` and `pydicom-data`; nothing is
fetched. Prints a Markdown table: how many, their modality as pydicom reads it, and the result.
"""

import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

from pydicom import dcmread

from edge import NOTICE, Classifier, ImageError

PACKAGES = ("pydicom", "data_store")


def main() -> int:
    """Print the table; returns the exit status."""
    warnings.simplefilter("ignore")
    classifier = Classifier()
    groups: dict[tuple[str, str], list[str]] = {}
    for file in _files():
        try:
            prediction = classifier.classify(file)
            result = prediction.verdict
            detail = "; ".join(filter(None, [prediction.reason, *prediction.remarks]))
        except ImageError as error:
            result, detail = "refused", str(error).removeprefix(f"{file}: ")
        said = f"{result}: {detail}" if detail else result
        groups.setdefault((_modality(file), said), []).append(file.name)
    print("| files | modality | result | one of them |\n|---|---|---|---|")
    for (modality, said), names in sorted(groups.items(), key=lambda one: (-len(one[1]), one[0])):
        print(f"| {len(names)} | {modality} | {said} | {names[0]} |")
    print(NOTICE, file=sys.stderr)
    return 0


def _files() -> list[Path]:
    found = []
    for package in PACKAGES:
        spec = find_spec(package)
        for folder in spec.submodule_search_locations if spec else ():
            root = Path(folder)
            found += [
                p
                for p in root.rglob("*")
                if p.is_file() and p.suffix in (".dcm", "") and p.name != "README"
            ]
    return sorted(p for p in found if "test_files" in p.parts or "data" in p.parts)


def _modality(file: Path) -> str:
    try:
        data = dcmread(file, stop_before_pixels=True, force=True)
        return str(data.get("Modality") or "none")
    except Exception:
        return "unreadable"


if __name__ == "__main__":
    raise SystemExit(main())
