#!/usr/bin/env bash
# The wheel alone, as on a device, under every CPython from 3.10 on that is found here: the self-test
# of the bundled model and the six samples, with each engine that has a wheel for that Python.
#
# Usage: tests/check_pythons.sh [PYTHON ...]    default: those of pyenv and those on the PATH
# Exit status: 0 all that could be installed work; 1 one does not.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ $# -gt 0 ]; then
    pythons=("$@")
else
    pythons=()
    for minor in $(seq 10 20); do
        for found in "$HOME"/.pyenv/versions/3."$minor".*/bin/python "$(command -v python3."$minor")"; do
            [ -x "$found" ] && pythons+=("$found") && break
        done
    done
fi
[ ${#pythons[@]} -gt 0 ] || { echo "no Python from 3.10 on was found" >&2; exit 1; }

"${pythons[0]}" -m pip wheel --quiet --disable-pip-version-check --no-deps -w "$work" .
wheel=$(ls "$work"/mri_edge-*.whl)
cp -r samples "$work/"
cd "$work" # away from the source tree

verdicts='
import json, sys
lines = [json.loads(line) for line in sys.stdin]
wrong = [r["path"] for r in lines if (r["verdict"] == "tumor") != ("-no-" not in r["path"])]
sys.exit(f"wrong: {wrong}" if wrong or len(lines) != 6 else 0)
'

try() { # PYTHON EXTRA: says in a few words how it went
    local venv=$work/venv-$2
    rm -rf "$venv"
    "$1" -m venv "$venv" >>"$work/log" 2>&1 || { echo "no venv"; return; }
    "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary=:all: \
        "${wheel}[$2]" >"$work/pip.log" 2>&1 || {
        cat "$work/pip.log" >>"$work/log"
        grep -q "No matching distribution\|resolution-too-deep\|ResolutionImpossible" "$work/pip.log" &&
            echo "no wheel" || echo "FAILED to install"
        return
    }
    # The extra tflite-runtime asks for nothing where there is no wheel.
    "$venv/bin/pip" freeze --disable-pip-version-check >"$work/installed" 2>>"$work/log"
    grep -qE '^(ai-edge-litert|onnxruntime|tflite-runtime|openvino)==' "$work/installed" || {
        echo "no wheel"
        return
    }
    # The extra leaves the engine out where it knows that there is none (tflite-runtime from 3.12 on).
    "$venv/bin/pip" freeze --disable-pip-version-check |
        grep -qiE '^(ai-edge-litert|onnxruntime|tflite-runtime|openvino)==' || { echo "no wheel"; return; }
    "$venv/bin/edge-classify" --self-test >>"$work/log" 2>&1 || { echo "FAILED self-test"; return; }
    "$venv/bin/edge-classify" samples/*.png --format ndjson 2>>"$work/log" |
        "$venv/bin/python" -c "$verdicts" 2>>"$work/log" || { echo "FAILED samples"; return; }
    grep -E '^(ai-edge-litert|onnxruntime|tflite-runtime|openvino|numpy|pillow)==' "$work/installed" |
        sed 's/==/ /' | paste -sd, | sed 's/,/, /g'
}

status=0
for python in "${pythons[@]}"; do
    for extra in litert onnx tflite-runtime openvino; do
        found=$(try "$python" "$extra")
        [[ $found != FAILED* ]] || status=1
        printf '%-8s %-15s %s\n' "$("$python" -c 'import platform; print(platform.python_version())')" \
            "$extra" "$found"
    done
done
[ $status = 0 ] || cat "$work/log" >&2
exit $status
