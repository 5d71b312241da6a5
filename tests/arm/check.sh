#!/usr/bin/env bash
# The wheel on ARM, emulated: in an aarch64 Debian Bookworm (what Raspberry Pi OS is built on) and on
# this x86-64 machine, each engine replays every model's golden sample and classifies the samples;
# then the two are compared (compare.py says what must be equal). docs/measurements/arm.md explains the rest.
#
# Usage: tests/arm/check.sh [MODEL ...]     default: the tiny test models, and a CNN trained here
#   PYTHON=python3    a CPython 3.11 on x86-64 Linux, as Bookworm has; with the default models, one
#                     with mri-edge[export] installed
#   WORK=DIR          keep everything in DIR and reuse the root file system found there
# Exit status: 0 the same on both; 1 not, or the machine for it could not be built.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-python3}
work=${WORK:-$(mktemp -d)}
[ -n "${WORK:-}" ] || trap 'rm -rf "$work"' EXIT
mkdir -p "$work"
work=$(cd "$work" && pwd)
root=$work/root
# tflite-runtime trusts the structure of a model, and dies of one that is crafted to be cut short.
declare -A crash=([tflite-runtime]=tests/edge/inference/test_classifier.py::test_a_payload_that_no_engine_loads)
limit=300 # seconds that one emulated command may take; the slowest takes about 30

fail() {
    echo "tests/arm/check.sh: $*" >&2
    exit 1
}

# Debian's own packages, installed if we may.
tools() {
    command -v mmdebstrap >/dev/null && command -v qemu-aarch64-static >/dev/null && return
    local become=()
    [ "$(id -u)" = 0 ] || become=(sudo -n)
    echo "installing mmdebstrap and qemu-user-static"
    "${become[@]}" apt-get update -qq &&
        "${become[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends mmdebstrap qemu-user-static >/dev/null ||
        fail "needs Debian's mmdebstrap and qemu-user-static, which cannot be installed here;" \
            "install them, or set MRI_EDGE_SKIP_ARM=1 to go without proof on ARM"
}

# A Python for ARM: files only, nothing is run while they are unpacked.
bookworm() {
    [ -x "$root/usr/bin/python3.11" ] && return
    mmdebstrap --quiet --architectures=arm64 --variant=extract --skip=check/qemu \
        --include=python3.11,libstdc++6,libgcc-s1,libgomp1,ca-certificates \
        bookworm "$root" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" 2>"$work/mmdebstrap.log" || {
        cat "$work/mmdebstrap.log" >&2
        fail "the Bookworm root could not be built"
    }
    # Engines read the processor's features here; from the host's file, an x86 one, they crash.
    mkdir -p "$root/proc"
    cat >"$root/proc/cpuinfo" <<'CPU'
processor	: 0
BogoMIPS	: 108.00
Features	: fp asimd evtstrm crc32 cpuid
CPU implementer	: 0x41
CPU architecture: 8
CPU variant	: 0x0
CPU part	: 0xd08
CPU revision	: 3

CPU
}

# Always a -cpu: the default of qemu 7.2, "max", silently corrupts int8 results.
arm() {
    timeout "$limit" qemu-aarch64-static -cpu cortex-a72 -L "$root" "$root/usr/bin/python3.11" "$@"
}

tools
"$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' ||
    fail "$python is not Python 3.11, which Bookworm has; name one in PYTHON"

models=("$@")
if [ ${#models[@]} = 0 ]; then
    echo "-- a CNN to try, trained on phantoms"
    "$python" -m train --data phantom --phantoms 80 --epochs 4 --out "$work/run" --overwrite \
        >"$work/train.log" 2>&1 || { tail -20 "$work/train.log" >&2; fail "training failed"; }
    # Whether so short a training holds its precision is not the question here.
    "$python" -m export "$work/run" --out "$work/models" --max-changed 99 --max-difference 1 \
        >"$work/export.log" 2>&1 || { tail -20 "$work/export.log" >&2; fail "the export failed"; }
    models=(tests/edge/models/tiny.{tflite,onnx} "$work"/models/*.{tflite,onnx})
fi
echo "-- wheel and Bookworm root"
rm -rf "$work"/{wheel,source,x86,arm}
mkdir "$work/source"
cp -r tests samples "$work/source/" # without the packages: those of the wheel are tested
"$python" -m pip wheel --quiet --disable-pip-version-check --no-deps -w "$work/wheel" .
wheel=$(ls "$work"/wheel/mri_edge-*.whl)
bookworm

# Bookworm's C library is 2.36: wheels built for any older one will do.
platforms=(--platform manylinux2014_aarch64)
for minor in $(seq 17 36); do platforms+=(--platform "manylinux_2_${minor}_aarch64"); done

for extra in litert tflite-runtime onnx; do
    echo "-- $extra"
    site=$work/site-$extra
    rm -rf "$work/venv-$extra" "$site"
    "$python" -m venv "$work/venv-$extra"
    pip=("$work/venv-$extra/bin/pip" -qq --disable-pip-version-check install)
    "${pip[@]}" "${wheel}[$extra,dicom]"
    "${pip[@]}" --no-compile --only-binary=:all: --target "$site" --implementation cp \
        --python-version 3.11 --abi cp311 --abi abi3 --abi none "${platforms[@]}" \
        "${wheel}[$extra,dicom]" pytest hypothesis
    for side in x86 arm; do
        out=$work/$side/$extra
        mkdir -p "$out"
        # Neither may find the package in this folder instead of the installed one.
        if [ $side = arm ]; then
            run() { PYTHONPATH=$site PYTHONSAFEPATH=1 arm "$@"; }
        else
            run() { PYTHONPATH='' PYTHONSAFEPATH=1 "$work/venv-$extra/bin/python" "$@"; }
        fi
        run tests/arm/tensors.py samples/*.png >"$out/tensors.json"
        for model in "${models[@]}"; do
            kind=tflite
            [ "$extra" = onnx ] && kind=onnx
            [ "${model##*.}" = $kind ] || continue
            name=$(basename "$model")
            run -m edge --self-test --model "$model" >"$out/$name.self-test" || {
                cat "$out/$name.self-test" >&2
                fail "$side: $name: the self-test failed"
            }
            echo "$side: $name: $(head -1 "$out/$name.self-test")"
            run -m edge samples/*.png --model "$model" --format ndjson >"$out/$name.ndjson" || {
                # 1: some scan was rejected, which the comparison shows.
                [ $? = 1 ] || fail "$side: $name: the samples could not be classified"
            }
        done
    done
    # Tests of all that starts no other Python, which an emulated one cannot.
    (cd "$work/source" && PYTHONPATH=$site arm -m pytest -q -p no:cacheprovider \
        tests/edge/inference tests/edge/model_file/test_container.py \
        tests/edge/scan/test_{decode,geometry,ood_gate,preprocess,read_input}.py \
        tests/edge/scan/dicom/test_{padding,plain_header,slice,windowing}.py \
        --deselect "${crash[$extra]:-none}" -k "not no_patient_data and not copied_over") \
        >"$work/arm/$extra/tests.log" 2>&1 || {
        tail -40 "$work/arm/$extra/tests.log" >&2
        fail "arm: $extra: the edge tests failed"
    }
    echo "arm: edge tests: $(tail -1 "$work/arm/$extra/tests.log")"
done

echo "-- comparison"
"$work/venv-onnx/bin/python" tests/arm/compare.py "$work/x86" "$work/arm"
