#!/usr/bin/env bash
# Write the lock files anew: the newest versions that pyproject.toml allows, each with its hashes.
#   requirements/lock.sh [--upgrade]     without it, what is locked stays where it may
# Needs uv (pip install uv). What was locked is then to be tested before it is committed.
set -euo pipefail
cd "$(dirname "$0")/.."
lock() { # FILE PYTHON OPTION...
    local file=$1 python=$2
    shift 2
    uv pip compile --quiet --generate-hashes --no-header --no-annotate \
        --python-version "$python" --constraint requirements/constraints.txt \
        --output-file "$file" "$@" pyproject.toml
}
# A device: any Python that has wheels. Nothing is built there.
lock requirements/device.txt 3.10 --universal --extra litert --extra onnx --extra dicom-decoders \
    --extra nifti --extra pacs "$@"
# CI: one Python, all extras, and what the package itself is built with.
lock requirements/ci.txt 3.11 --extra all --extra dev "$@" requirements/build.in
