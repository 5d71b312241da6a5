"""Export small networks, each around one Keras layer or pattern, and compare them with Keras.

    python docs/scripts/layer_table.py --out docs/measurements/layers.md [--rows FILE] [CASE ...]

Each network goes through the export's own converters and quantizers. What it makes of generated
scans is compared with Keras: the root mean squared error of the logits, as a share of their
standard deviation over the scans. Cases that are named are printed and no page is written.
It takes most of an hour: with `--rows`, what is measured is kept in a file, and not measured again.
"""

import argparse
import json
import platform
import sys
import traceback
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np

from train.hardware import backend

backend.start()

from ai_edge_litert.interpreter import Interpreter  # noqa: E402
from layer_cases import LOGITS, SIDE, all_cases, build  # noqa: E402

from edge.inference.onnx_engine import SETTINGS  # noqa: E402
from export.convert.keras_conversion import Converter  # noqa: E402
from train.networks.registry import logits_model  # noqa: E402
from train.phantom.make import make_phantom  # noqa: E402

SCANS = 24
EXACT, GOOD = 1e-3, 0.1
"""Largest error of a float32 file and of an int8 one that counts as holding."""

TEXT = """# Layers through int8

<!-- Written by `python docs/scripts/layer_table.py`. Change the code that it is made from. -->

*Research software, not a medical device: not for diagnosis or treatment.*

Which Keras layers survive the way to int8, and what happens to the others? Each row is a small
network around one layer or pattern. It went through the export's own converters and quantizers.

- The networks have weights of a fixed seed and are not trained.
- {scans} generated scans calibrated them, {scans} others were compared.
- An error is the root mean squared difference of the logits from Keras, as a share of their
  standard deviation over the scans. A plain convolution has about 0.03 to 0.04.
- Measured with {versions}.

## Errors

{counts} A figure in bold is above that.

{errors}

The export does not look a layer up here. Whatever a network is made of, it compares verdicts on
validation scans. If they do not hold, it tries the older quantizer, then layers in float
([how](../explanation/the-export-proof.md)).

## Computed in float

Operations that an int8 file computes in float although nobody asked for it. The converter has no
int8 for them, or not behind what stands before them. The export says so.

{floating}

## Refused

{refused}

A file in float32 that was off by more than {exact}:

{inexact}

## What is behind it

- **One tensor, two scales.** Clips, minima, maxima, max-pooling and concatenations need one scale
  on all sides. TFLite's new quantizer gives that scale to the tensor itself, and so to everybody
  else who takes it. What lies beyond a clip is then lost in the skip beside it. The older quantizer
  (`experimental_new_quantizer=False`) puts a conversion between.
- **Normalization in ONNX.** tf2onnx makes inputs of its constants. The export puts them back.
- **gelu and celu in ONNX.** tf2onnx leaves `Erfc` and `Expm1`, which ONNX does not have. The export
  writes `1 - Erf` and `Exp - 1`.
- **Grouped convolution in ONNX.** Keras compiles it in a function of its own, and tf2onnx leaves
  the call. The export traces without such functions.
- **Ranges of what was overwritten.** TensorFlow's calibrator looks at an operation's input after
  the operation ran, which may have written its output there. Of pixels scaled to -1..1 before a
  padded convolution 171 of 256 grey values were left. The export measures the ranges itself.
- **UnitNormalization.** Of units that are all 0 it takes `1 / sqrt(0)` and cuts that off behind.
  XNNPACK makes NaN of it. TFLite's int8 had an infinite step, and LiteRT ended the process on it.
  The export gives no range that is not finite.
- **selu, and softmax over two axes, by the older quantizer.** LiteRT ends the process (`Aborted`)
  on such a file. The export runs each file once in a process of its own, and refuses it then.
- **celu by the new quantizer.** It is a maximum beside a minimum of one tensor: two scales again.
- **Where all three columns are bold and alike** three quantizers lose the same, so it is hardly a
  fault of one: 8 bits are too few there. So it is with attention, whose layers must stay in float.
- **Random layers.** RandomFlip and RandomRotation change pixels unless a network is called with
  `training=False`. The export traces it so.
- **LSTM and GRU in TFLite int8.** TensorFlow's calibrator ends the process (a segmentation fault).
  The export refuses before.
- **Resizing with antialias.** Neither format has `ScaleAndTranslate`. Resize before the model, or
  without antialias.
"""


@dataclass
class Row:
    """What became of one network; errors are shares, or why there is none."""

    tflite: float | str = ""
    first: float | str = ""
    """int8 by the converter's own quantizer."""
    older: float | str = ""
    """int8 by the older one."""
    onnx: float | str = ""
    onnx_int8: float | str = ""
    left: dict[str, list[str]] = field(default_factory=dict)
    """Operations in float that nobody asked for, by column."""


def scans(seed: int) -> np.ndarray:
    """Generated scans, each under another shading and brightness, uint8 [24, 32, 32, 3]."""
    random = np.random.default_rng(seed)
    seeds = [2**40 + seed + i for i in range(SCANS)]
    large = np.stack([make_phantom(s, lesion=bool(s % 2), size=2 * SIDE).pixels for s in seeds])
    found = large.reshape(SCANS, SIDE, 2, SIDE, 2).mean((2, 4))[..., None]
    coarse = random.uniform(0, 1, (SCANS, 4, 4, 3)).repeat(8, axis=1).repeat(8, axis=2)
    shade = random.uniform(0.2, 1.2, (SCANS, 1, 1, 1)) * (0.3 + coarse)
    return (found * shade + 60 * coarse).clip(0, 255).astype(np.uint8)


def run_tflite(payload: bytes, pixels: np.ndarray) -> np.ndarray:
    runner = Interpreter(model_content=payload).get_signature_runner()
    (name,) = runner.get_input_details()
    return np.concatenate([runner(**{name: scan[None]})[LOGITS] for scan in pixels])


def run_onnx(payload: bytes, pixels: np.ndarray) -> np.ndarray:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    for setting in SETTINGS:
        options.add_session_config_entry(*setting)
    session = onnxruntime.InferenceSession(payload, options, providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0].name
    return np.concatenate([session.run([LOGITS], {entry: scan[None]})[0] for scan in pixels])


def measure(case, whole: bool) -> Row:
    """Convert one network in every way."""
    model = build(case, whole)
    calibration, pixels = scans(0), scans(1000)
    wanted = logits_model(model).predict(pixels, verbose=0)
    converter, row = Converter(model, 1), Row()

    def error(run, make) -> float | str:
        try:
            found = run(make(), pixels)
        except Exception as fault:
            if "-v" in sys.argv:
                traceback.print_exc()
            return " ".join(f"{type(fault).__name__}: {fault}".split())
        return float(np.sqrt(((found - wanted) ** 2).mean()) / (wanted - wanted.mean(0)).std())

    row.tflite = error(run_tflite, lambda: converter.convert("tflite", "fp32", None))
    row.onnx = error(run_onnx, lambda: converter.convert("onnx", "fp32", None))

    def int8(format: str, column: str, **more):
        def make():
            quantizer = converter.int8(format, calibration)
            payload = quantizer.convert(**more)
            row.left[column] = quantizer.left_in_float(payload)
            return payload

        return error(run_tflite if format == "tflite" else run_onnx, make)

    if isinstance(row.tflite, float):
        row.first = int8("tflite", "first")
        row.older = int8("tflite", "older", older=True)
    if isinstance(row.onnx, float):
        row.onnx_int8 = int8("onnx", "onnx_int8")
    return row


def page(rows: dict[str, Row]) -> str:
    """The page, in Markdown."""
    packages = ("tensorflow", "keras", "ai-edge-litert", "tf2onnx", "onnx", "onnxruntime")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    python = f"Python {platform.python_version()}, {platform.machine()}"
    return TEXT.format(
        versions=f"{versions}, {python}",
        cases=len(rows),
        scans=SCANS,
        good=GOOD,
        exact=EXACT,
        counts=_counts(rows),
        errors=_table(
            ["layer or pattern", "TFLite int8", "TFLite, older quantizer", "ONNX int8"],
            [
                [name, *map(_cell, (row.first, row.older, row.onnx_int8))]
                for name, row in rows.items()
            ],
        ),
        floating=_table(
            ["layer or pattern", "TFLite", "ONNX"],
            [
                [name, *(", ".join(row.left.get(at, ())) for at in ("first", "onnx_int8"))]
                for name, row in rows.items()
                if row.left.get("first") or row.left.get("onnx_int8")
            ],
        ),
        refused="\n".join(_refusals(rows)),
        inexact="\n".join(_inexact(rows)),
    )


def _counts(rows: dict[str, Row]) -> str:
    def holds(column: str) -> int:
        return sum(_good(getattr(row, column)) for row in rows.values())

    either = sum(_good(row.first) or _good(row.older) for row in rows.values())
    return (
        f"At most {GOOD}: TFLite int8 {holds('first')} of {len(rows)}, by the older quantizer "
        f"{holds('older')}, by one of both {either}; ONNX int8 {holds('onnx_int8')}."
    )


def _good(error: float | str) -> bool:
    return isinstance(error, float) and error <= GOOD


def _cell(error: float | str) -> str:
    if isinstance(error, str):
        return "refused"
    return f"{error:.3f}" if error <= GOOD else f"**{error:.2f}**"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _refusals(rows: dict[str, Row]) -> list[str]:
    return [
        f"- {name}, {kind}: `{_shortened(error)}`"
        for name, row in rows.items()
        for kind, error in (
            ("TFLite", row.tflite),
            ("TFLite int8", row.first),
            ("older quantizer", row.older),
            ("ONNX", row.onnx),
            ("ONNX int8", row.onnx_int8),
        )
        if isinstance(error, str) and error
    ] or ["None."]


def _shortened(error: str) -> str:
    return error.replace("`", "'").split(" See ")[0][:160]


def _inexact(rows: dict[str, Row]) -> list[str]:
    return [
        f"- {name}, {kind}: {error:.2g}"
        for name, row in rows.items()
        for kind, error in (("TFLite", row.tflite), ("ONNX", row.onnx))
        if isinstance(error, float) and not error <= EXACT
    ] or ["None."]


def _kept(file: Path) -> dict[str, Row]:
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    found = [json.loads(line) for line in lines]
    return {row.pop("case"): Row(**row) for row in found}


def main() -> None:
    """Measure, and print or write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help="only these")
    parser.add_argument("--out", type=Path, help="page to write")
    parser.add_argument("--rows", type=Path, help="where rows are kept, one a line of JSON")
    parser.add_argument("-v", action="store_true", help="print what conversions say")
    args = parser.parse_args()
    kept = _kept(args.rows) if args.rows else {}
    rows = {}
    for name, (case, whole) in all_cases().items():
        if args.cases and name not in args.cases:
            continue
        rows[name] = kept.get(name) or measure(case, whole)
        line = json.dumps({"case": name, **vars(rows[name])})
        print(line, flush=True)
        if args.rows and name not in kept:
            with open(args.rows, "a", encoding="utf-8") as file:
                file.write(line + "\n")
    if args.out and not args.cases:
        args.out.write_text(page(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
