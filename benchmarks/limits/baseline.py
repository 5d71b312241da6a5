"""Against an earlier report from the same kind of machine: did anything become slower?

A row regressed if two intervals, of its latency now over its latency then, lie wholly above the
limit: one of milliseconds, and one of the latencies over those of the yardstick, a bit of
arithmetic that was interleaved with the models. So neither a machine that is slower today,
nor a yardstick that is faster today, is a regression by itself.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from benchmarks.errors import BenchmarkError
from benchmarks.hardware.machine import Machine
from benchmarks.results.findings import Change, Comparison
from benchmarks.timing.single_stream import Latency, unpaired_ratio

if TYPE_CHECKING:
    from benchmarks.results.benchmark_report import Group, Report


def same_kind(earlier: "Report", machine: Machine, file: str) -> None:
    """Check that an earlier report may be compared with this machine.

    Raises:
        BenchmarkError: it was made on a machine of another kind.
    """
    if earlier.machine.kind != machine.kind:
        raise BenchmarkError(
            f"{file}: was measured on another kind of machine ({earlier.machine.kind}; this is "
            f"{machine.kind}); compare with a report from here"
        )


def compare(
    earlier: "Report", groups: tuple["Group", ...], file: str, max_regression: float
) -> Comparison:
    """Compare the latencies of all models, by run, file name, engine and threads."""
    before = dict(_latencies(earlier.groups))
    now = dict(_latencies(groups))
    limit = 1 + max_regression
    changes = []
    for key in now.keys() & before.keys():
        (new, new_unit), (old, old_unit) = now[key], before[key]
        ratio = unpaired_ratio(new.repeats, old.repeats)
        relative = unpaired_ratio(_over(new, new_unit), _over(old, old_unit))
        slower = min(ratio.low, relative.low) > limit
        changes.append(Change(key, ratio, relative, slower))
    return Comparison(
        file=file,
        created=earlier.created,
        max_regression=max_regression,
        changes=tuple(sorted(changes, key=lambda change: change.what)),
        missing=tuple(sorted(before.keys() - now.keys())),
    )


def _latencies(groups: tuple["Group", ...]) -> Iterator[tuple[str, tuple[Latency, Latency]]]:
    """Names of rows, their latencies and the yardstick's."""
    for group in groups:
        if group.yardstick is None:
            continue
        for model in group.models:
            # Two files of one run may be of one kind: cnn-int8.onnx and cnn-int8-batch.onnx.
            name = f"{group.run}: {model.file}, {model.engine}"
            for row in model.rows:
                words = f"{name}, {row.threads} thread{'s' * (row.threads > 1)}: inference"
                yield words, (row.inference, group.yardstick)
            if model.stages:
                yield f"{name}: whole call", (model.stages.call, group.yardstick)


def _over(latency: Latency, unit: Latency) -> list[float]:
    return [a / b for a, b in zip(latency.repeats, unit.repeats, strict=False)]
