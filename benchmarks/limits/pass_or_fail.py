"""The gate: what a report must show for the exit status to be 0. Every limit is in this module.

A latency ratio fails only if its whole 95 % interval lies below the limit: noise is no failure. Nor
is a processor: what misses the limit there is held to what the same run shows that it can do.
"""

from typing import TYPE_CHECKING

from benchmarks.results.findings import Finding
from benchmarks.timing.single_stream import paired_ratio
from export.prove.parity import MIN_COMPARED
from export.targets import TARGETS

if TYPE_CHECKING:
    from benchmarks.results.benchmark_report import Group, Model, Row

PREDICT = "predict"
THREADS = 1
"""The limits of latency are for this many; Keras' `predict` takes as many as it likes."""
UNTIMED = "not measured with one thread, so held to no limit"
"""`Finding.words` where there is nothing to hold to a latency limit: no check, but to be told."""

MAX_SENSITIVITY_DROP = {"fp32": 0.0, "fp16": 0.0, "dynamic": 0.01, "int8": 0.01}
"""By precision, of Keras' sensitivity on the same scans, as a share of the tumors; one tumor may
always be lost where any may. MLPerf's quality floor is 99 % (MLPerf Inference rules, 3.1)."""

MIN_TIMES_FASTER = {("cnn", "int8", "litert"): 60.0, ("vgg16", "int8", "litert"): 4.0}
"""Than Keras' `predict`, by architecture, precision and engine, with one thread."""
MIN_TIMES_FASTER_OTHERWISE = 1.0

MAX_TIMES_FLOOR = 5.0
"""How far above its floor a model may be on a processor on which it misses `MIN_TIMES_FASTER`: what
Keras spends on a call differs more between processors than what the model itself can gain."""
MIN_TIMES_UNQUANTIZED = 2.0
"""And how many times as fast as the same model in fp32 in the same engine it must be there,"""
MIN_TIMES_COMPILED = 2.0
"""and how many times as fast as Keras' graph without its loop, `tf.function`."""
COMPILED = "tf.function"


def check(group: "Group", comparable: bool) -> list[Finding]:
    """Hold every model of a group to the limits, as far as there is something to compare with.

    Args:
        comparable: whether Keras with the run, or a reference file, is here. Then a model whose
            verdicts were compared over no labelled scan, or over few of them, fails: a gate that
            saw next to nothing must not pass.
    """
    found = []
    for model in group.models:
        if comparable:
            found += _comparison(group, model)
        found += _decisions(model) + _latency(group, model)
    return found


def limits() -> list[str]:
    """All limits in words."""
    changed = ", ".join(
        f"{t.precision} {t.format} {t.max_changed_share:.0%}"
        f"{' (at least one)' if t.max_changed_share else ''} and {t.max_difference:g}"
        for t in TARGETS
    )
    drops = ", ".join(f"{name} {drop:.0%}" for name, drop in MAX_SENSITIVITY_DROP.items())
    times = ", ".join(f"{' '.join(key)} {least:g}" for key, least in MIN_TIMES_FASTER.items())
    return [
        f"verdicts unlike Keras and difference in probability at most: {changed}",
        f"sensitivity lost at most: {drops}",
        "times faster than predict at least, with one thread (whole interval below fails): "
        f"{times}, others {MIN_TIMES_FASTER_OTHERWISE:g}",
        "what misses that for the processor's sake: at most "
        f"{MAX_TIMES_FLOOR:g} times its floor, {MIN_TIMES_UNQUANTIZED:g} times as fast as in fp32 "
        f"in the same engine, {MIN_TIMES_COMPILED:g} times as fast as {COMPILED}, all in this run",
    ]


def _comparison(group: "Group", model: "Model") -> list[Finding]:
    judged = model.judged
    agreement = judged and judged.agreement
    if agreement and agreement.only_model_right is not None:
        asked = judged.scans - judged.rejected.hits
        if agreement.scans >= MIN_COMPARED * asked:
            return []
        words = (
            f"only {agreement.scans} of {asked} verdicts compared with Keras ({agreement.source}); "
            f"{MIN_COMPARED:.0%} must be: name with --data the scans that it was written for"
        )
        return [Finding(_name(model), "comparison", False, words)]
    if judged is None:
        why = "it was interrupted before"
    elif judged.rejected.hits == judged.scans:
        why = f"the reject gate refused every scan ({group.scans}); name others with --data"
    elif judged.accuracy is None:
        why = f"there are no labelled scans ({group.scans}); name some with --data"
    else:
        why = (
            f"no reference file names one of the scans ({group.scans}) that was judged, and Keras "
            f"gave nothing for them ({group.keras_absent or 'it judged others'}); name the scans "
            "that the reference was written for with --data"
        )
    return [Finding(_name(model), "comparison", False, f"no verdict compared with Keras: {why}")]


def _decisions(model: "Model") -> list[Finding]:
    agreement = model.judged and model.judged.agreement
    if not agreement:
        return []
    name = _name(model)
    kind = (model.format, model.precision)
    target = next((t for t in TARGETS if (t.format, t.precision) == kind), None)
    if target is None:
        words = (
            f"there are no limits for {model.precision} {model.format}: `python -m export` writes "
            "no such file; leave it out, or measure it with --no-gate"
        )
        return [Finding(name, "decisions", False, words)]
    most = target.max_changed(agreement.scans)
    found = [
        Finding(
            name,
            "decisions",
            agreement.changed <= most,
            f"{agreement.changed} of {agreement.scans} verdicts unlike Keras, {most} may be",
        ),
        Finding(
            name,
            "probabilities",
            agreement.max_difference <= target.max_difference,
            f"at most {agreement.max_difference:.4f} off, {target.max_difference:g} allowed",
        ),
    ]
    if agreement.types:
        off = agreement.types.max_difference
        words = f"at most {off:.4f} off, {target.max_difference:g} allowed"
        found.append(Finding(name, "probabilities of types", off <= target.max_difference, words))
    own, keras = agreement.sensitivity, agreement.keras_sensitivity
    if own and keras and keras.n:
        share = MAX_SENSITIVITY_DROP[model.precision]
        may = max(1, int(share * keras.n)) if share else 0
        lost = keras.hits - own.hits
        words = f"{own.hits} of {own.n} tumors found, Keras {keras.hits}, {may} may be lost"
        found.append(Finding(name, "sensitivity", lost <= may, words))
    return found


def _latency(group: "Group", model: "Model") -> list[Finding]:
    rows = [row for row in model.rows if PREDICT in row.times_faster]
    if not rows:
        return []
    row = next((row for row in rows if row.threads == THREADS), None)
    if row is None:
        return [Finding(_name(model), "latency ratio", True, UNTIMED)]
    key = (group.architecture, model.precision, model.engine)
    least = MIN_TIMES_FASTER.get(key, MIN_TIMES_FASTER_OTHERWISE)
    ratio = row.times_faster[PREDICT]
    words = f"{ratio} times faster than predict, at least {least:g} wanted"
    if ratio.high >= least:
        return [Finding(_name(model), "latency ratio", True, words)]
    if ratio.high < MIN_TIMES_FASTER_OTHERWISE:
        near, why = False, _slower_than_predict(row)
    else:
        near, why = _near_what_can_be(group, model, row)
    return [Finding(_name(model), "latency ratio", near, f"{words}; {why}")]


def _slower_than_predict(row: "Row") -> str:
    """What is told of a row that is slower than Keras' `predict`, which no processor excuses."""
    floor = "" if row.floor is None else f"; it takes {row.floor.ratio:.1f} times its floor"
    return f"no processor excuses that. This has one thread, predict as many as it likes{floor}"


def _near_what_can_be(group: "Group", model: "Model", row: "Row") -> tuple[bool, str]:
    """Whether a model does what this processor lets it do, by what took turns with it; and how."""
    plain = _unquantized(group, model)
    compiled = row.times_faster.get(COMPILED)
    if row.floor is None or plain is None or compiled is None:
        missing = {"its floor": row.floor, "fp32 in its engine": plain, COMPILED: compiled}
        names = ", ".join(name for name, found in missing.items() if found is None)
        return False, f"whether the processor allows more is not known ({names} not measured)"
    gained = paired_ratio(plain.inference.repeats, row.inference.repeats)
    words = (
        f"on this processor it is {row.floor.ratio:.1f} times its floor (at most "
        f"{MAX_TIMES_FLOOR:g}), {gained} times as fast as fp32 in its engine (at least "
        f"{MIN_TIMES_UNQUANTIZED:g}) and {compiled} times as fast as {COMPILED} (at least "
        f"{MIN_TIMES_COMPILED:g})"
    )
    near = (
        row.floor.ratio <= MAX_TIMES_FLOOR
        and gained.high >= MIN_TIMES_UNQUANTIZED
        and compiled.high >= MIN_TIMES_COMPILED
    )
    return near, words


def _unquantized(group: "Group", model: "Model") -> "Row | None":
    """The same network in fp32 in the same engine, with one thread."""
    rows = (
        row
        for other in group.models
        if other is not model and (other.engine, other.precision) == (model.engine, "fp32")
        for row in other.rows
    )
    return next((row for row in rows if row.threads == THREADS), None)


def _name(model: "Model") -> str:
    return f"{model.file} ({model.engine})"
