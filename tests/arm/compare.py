"""Compare what `edge` did on two machines: `compare.py REFERENCE_DIR OTHER_DIR`.

Each folder holds, per engine, `tensors.json` (of tensors.py) and a `MODEL.ndjson` of the samples
per model. What must hold, or the exit status is 1:

- preprocessed pixels: identical bytes;
- verdicts: identical;
- probabilities: within `TOLERANCE`.
"""

import json
import sys
from pathlib import Path

TOLERANCE = {"fp32": 1e-5, "int8": 0.02}
"""By precision. float32 sums in another order: 3e-6 was measured. An int8 kernel may round one
step (1/256 of a tensor's range) otherwise, which the float head passes on."""


def main(reference: Path, other: Path) -> int:
    """Print a line a model and PASS or FAIL; returns the exit status."""
    failures = compared = 0
    for engine in sorted(path.name for path in reference.iterdir() if path.is_dir()):
        a, b = (json.loads((d / engine / "tensors.json").read_text()) for d in (reference, other))
        if a["versions"] != b["versions"] or a["machine"] == b["machine"] or not a["sha256"]:
            print(f"{engine}: nothing to compare: {a['machine']} with {a['versions']}, ", end="")
            print(f"{b['machine']} with {b['versions']}")
            failures += 1
            continue
        same = sum(b["sha256"].get(key) == value for key, value in a["sha256"].items())
        print(f"{engine}: {same} of {len(a['sha256'])} preprocessed tensors identical on ", end="")
        print(f"{a['machine']} and {b['machine']} ({_versions(a)})")
        failures += same != len(a["sha256"])
        for path in sorted((reference / engine).glob("*.ndjson")):
            compared += 1
            failures += not _compare(engine, path, other / engine / path.name)
    if not compared:
        print("no model was run")
    print("FAIL" if failures or not compared else "PASS")
    return 1 if failures or not compared else 0


def _compare(engine: str, reference: Path, other: Path) -> bool:
    a, b = _results(reference), _results(other)
    name = reference.name.removesuffix(".ndjson")
    if not a or a.keys() != b.keys() or any(r.get("error") for r in (*a.values(), *b.values())):
        print(f"{engine}: {name}: FAIL: not the same scans were classified")
        return False
    pairs = [(a[path], b[path]) for path in a]
    changed = sum(x["verdict"] != y["verdict"] for x, y in pairs)
    worst = max(abs(_probability(x) - _probability(y)) for x, y in pairs)
    tolerance = TOLERANCE[pairs[0][0]["model"].split()[-1]]
    good = not changed and worst <= tolerance and len({r["model_sha256"] for r in b.values()}) == 1
    print(
        f"{engine}: {name}: {'ok' if good else 'FAIL'}: {len(pairs)} samples, {changed} verdicts "
        f"differ, probabilities by at most {worst:.2g} (allowed {tolerance:g})"
    )
    return good


def _results(path: Path) -> dict[str, dict]:
    return {r["path"]: r for r in map(json.loads, path.read_text().splitlines())}


def _probability(result: dict) -> float:
    # A rejected scan has none; that both are rejected is in the verdicts.
    return result["probability"] if result["probability"] is not None else 0.0


def _versions(side: dict) -> str:
    return ", ".join(f"{name} {number}" for name, number in side["versions"].items())


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:3])))
