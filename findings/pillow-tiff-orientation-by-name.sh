#!/usr/bin/env bash
# Pillow 13.0.0 opens the same TIFF file to other pixels by its name than by an open stream, where the
# file is uncompressed, not square and of orientation 5 to 8: by its name the picture is scrambled.
#
# One would expect Image.open(path) and Image.open(open(path, "rb")) to agree. It matters because
# scanners and converters write turned slices so, and nothing is raised.
#
# Seen on 2026-11-28 (Python 3.11, x86-64), width 6, height 4:
#   uint8 and uint16, orientation 1 2 3 4: name right, stream right
#   uint8 and uint16, orientation 5 6 7 8: name WRONG, stream right
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
    pillow==13.0.0 tifffile==2026.3.3 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import numpy as np
import tifffile
from PIL import Image

UPRIGHT = {  # what the first row and column of the file are in the picture (TIFF 6.0)
    1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud,
    5: np.transpose, 6: lambda a: np.rot90(a, -1), 7: lambda a: np.rot90(a, 2).T,
    8: np.rot90,
}
seen = {}
for kind, step in (("uint8", 10), ("uint16", 2570)):
    stored = (np.arange(24).reshape(4, 6) * step).astype(kind)
    for orientation, upright in UPRIGHT.items():
        tags = [(274, "H", 1, orientation, True)]
        tifffile.imwrite("a.tif", stored, photometric="minisblack", extratags=tags)
        with open("a.tif", "rb") as stream:
            ways = np.asarray(Image.open("a.tif")), np.asarray(Image.open(stream))
        same = tuple(np.array_equal(way, upright(stored)) for way in ways)
        seen[kind, orientation] = same
        print(f"{kind:6} orientation {orientation}: name {'right' if same[0] else 'WRONG'}, "
              f"stream {'right' if same[1] else 'WRONG'}")
sys.exit(any(same != (orientation < 5, True) for (_, orientation), same in seen.items()))
PY
cd "$work" && ./venv/bin/python try.py
