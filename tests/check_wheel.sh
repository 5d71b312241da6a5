#!/usr/bin/env bash
# Install the wheel with each engine alone, as on a device, and run the edge tests there: no
# TensorFlow, no source tree. Usage: tests/check_wheel.sh [PYTHON]
set -euo pipefail
cd "$(dirname "$0")/.."
python=${1:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$python" -m build --wheel --outdir "$work" . >"$work/build.log" 2>&1 || {
    cat "$work/build.log"
    exit 1
}
wheel=$(ls "$work"/mri_edge-*.whl)
cp -r tests samples "$work/"

for extra in litert onnx tflite-runtime openvino; do
    "$python" -m venv "$work/$extra"
    "$work/$extra/bin/pip" install --quiet --disable-pip-version-check "$wheel[$extra]" pytest
    model=tests/edge/models/tiny.$([ "$extra" = onnx ] && echo onnx || echo tflite)
    (
        cd "$work"
        echo "== $extra: $("$extra/bin/pip" list 2>/dev/null | grep -iE 'litert|onnxruntime|tflite|openvino|numpy|pillow' | tr -s ' \n' ' ')"
        "$extra/bin/edge-classify" --self-test --model "$model"
        "$extra/bin/edge-classify" samples/*.png --model "$model"
        "$extra/bin/edge-classify" --self-test # the bundled model
        "$extra/bin/edge-classify" samples/*.png
        "$extra/bin/python" -m benchmarks "$model" --quick --out report >report.log 2>&1 ||
            { cat report.log; exit 1; }
        # All that has to do with an engine; the rest was run three times.
        tests=(tests/edge)
        [ "$extra" = openvino ] && tests=(tests/edge/{board,inference,model_file,parallel,saliency,test_privacy.py})
        "$extra/bin/python" -m pytest -q "${tests[@]}"
    )
done
