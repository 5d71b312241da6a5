#!/usr/bin/env bash
# VTK 9.7.2: `vtkNrrdReader` (and `pyvista.read` of an .nrrd file, which wraps it) reads two kinds of valid NRRD
# files to other images, without a word:
#
#   gzip and big endian   the bytes of each number are taken the wrong way round; with the encoding "raw" they are not
#   a first axis of 1-9   is taken for the components of a pixel: the volume becomes a single slice, although `kinds`
#                         says that this axis is one of space ("domain")
#
# pynrrd compresses by default, and writes an array in the order of its bytes. FreeSurfer's .mgz files, read by
# nibabel, are such arrays. Few sagittal slices (a localizer, a crop) make a first axis of that kind.
#
# One would expect the numbers that pynrrd 1.1.3 and SimpleITK 2.5.7 read: "endian" and "kinds" are there to tell
# (teem's definition of the format). The page of the class names limits: encodings such as hex, and data in several
# files. The causes, in IO/Image/vtkNrrdReader.cxx: what ReadDataGZip reads is never swapped; ReadHeader ignores
# `kinds` and guesses by the size, with 9 as its limit.
#
# Seen on 2026-11-30 (Python 3.11, x86-64):
#   raw, big endian       0 1 2 in 20 x 30 x 40
#   gzip, big endian      0 256 512 in 20 x 30 x 40
#   gzip, little endian   0 1 2 in 20 x 30 x 40
#   9 x 30 x 40           30 x 40 x 1 pixels of nine components
#   10 x 30 x 40          10 x 30 x 40 pixels
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check vtk==9.7.2 simpleitk==2.5.7 pynrrd==1.1.3 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import sys

import nrrd
import numpy as np
import SimpleITK
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkIOImage import vtkNrrdReader


def read(shape, kind, encoding):
    """What VTK makes of a volume of 0, 1, 2 ..: its size, components, and numbers; the others are right."""
    volume = np.arange(np.prod(shape), dtype=kind).reshape(shape, order="F")
    header = {
        "encoding": encoding,
        "kinds": ["domain"] * 3,
        "space": "left-posterior-superior",
        "space directions": np.eye(3),
        "space origin": np.zeros(3),
    }
    nrrd.write("a.nrrd", volume, header)
    assert np.array_equal(nrrd.read("a.nrrd")[0], volume)
    assert np.array_equal(SimpleITK.GetArrayFromImage(SimpleITK.ReadImage("a.nrrd")), volume.T)
    reader = vtkNrrdReader()
    reader.SetFileName("a.nrrd")
    reader.Update()
    image = reader.GetOutput()
    numbers = vtk_to_numpy(image.GetPointData().GetScalars())
    return image.GetDimensions(), image.GetNumberOfScalarComponents(), numbers.ravel()[:3].tolist()


WHOLE = (20, 30, 40)
same = True
CASES = (  # size, type, encoding; what VTK returns
    (WHOLE, ">i2", "raw", (WHOLE, 1, [0, 1, 2])),
    (WHOLE, ">i2", "gzip", (WHOLE, 1, [0, 256, 512])),
    (WHOLE, "<i2", "gzip", (WHOLE, 1, [0, 1, 2])),
    ((9, 30, 40), "<i2", "raw", ((30, 40, 1), 9, [0, 1, 2])),
    ((10, 30, 40), "<i2", "raw", ((10, 30, 40), 1, [0, 1, 2])),
)
for shape, kind, encoding, seen in CASES:
    found = read(shape, kind, encoding)
    print(f"{shape} {kind} {encoding}: VTK {found[0]}, {found[1]} component(s), begins", *found[2])
    same &= found == seen
sys.exit(not same)
PY
cd "$work" && ./venv/bin/python try.py
