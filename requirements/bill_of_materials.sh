#!/usr/bin/env bash
# What is installed on a device, in CycloneDX: the wheel of this tree, and the locked packages.
#   requirements/bill_of_materials.sh FILE [PYTHON]
# Builds the wheel, installs it with requirements/device.txt (hashes are checked) into an empty
# environment, and lists that. Needs the extra `dev`.
set -euo pipefail
file=$(realpath -m "$1")
python=${2:-python3}
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$python" -m build --wheel --outdir "$work" . >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
"$python" -m venv --without-pip "$work/device" # pip is no part of what is installed
pip() { "$python" -m pip --quiet --disable-pip-version-check --python "$work/device" "$@"; }
pip install --require-hashes --only-binary :all: -r requirements/device.txt
pip install --no-deps "$work"/mri_edge-*.whl
"$work/device/bin/edge-classify" --self-test >&2
"$python" -m cyclonedx_py environment --output-reproducible --pyproject pyproject.toml \
    --output-file "$file" "$work/device"
