"""Find int8 that holds: calibration methods first, then another quantizer, then layers in float.

Validation scans choose; the test part only judges the file that was found.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from edge.console.signals import was_stopped
from edge.model_file.provenance import Trial
from export.errors import ExportError
from export.quantize.quantizer import Quantizer

DEFAULT_GROWTH = 0.5
"""How much larger than with all layers in int8 a file may become, as a share."""


def find(
    quantizer: Quantizer,
    methods: Sequence[str],
    growth: float,
    evaluate: Callable[[bytes, str, tuple[str, ...]], Trial],
    say: Callable[[str], None],
) -> tuple[bytes, Trial, tuple[Trial, ...]]:
    """The best int8 file: the first that holds with nothing in float, else with what it needs.

    If the best method does not hold, the format's older quantizer is tried, where there is one: it
    costs nothing. If neither holds, layers stay in float as well, by the better of the two, the one
    that loses the most first, until it holds; then those that it holds without are quantized after
    all.

    Args:
        methods: to try, keys of `export.quantize.calibration_methods.METHODS`.
        growth: that floating layers may add to the file, as a share of it.
        evaluate: what a file of a method and layers in float is worth on validation scans.

    Returns:
        The file, its trial, and all trials in order. If nothing holds, the best of them.
    """
    trials: list[Trial] = []
    files: dict[tuple, bytes] = {}

    def attempt(
        method: str, kept: tuple[str, ...], older: bool, largest: float | None = None
    ) -> Trial | None:
        try:
            payload = quantizer.convert(method, kept, older)
            if largest is not None and len(payload) > largest:
                return None
            trial = replace(evaluate(payload, method, kept), older_quantizer=older)
        except (RuntimeError, ValueError, ExportError) as error:
            if not older or was_stopped():
                raise
            say(f"{method}, older quantizer: cannot convert it ({str(error)[:200].strip()})")
            return None  # it knows fewer operations
        say(describe(trial))
        trials.append(trial)
        files[method, kept, older] = payload
        return trial

    best = min((attempt(method, (), False) for method in methods), key=rank)
    if not best.holds and quantizer.has_older:
        other = attempt(best.method, (), True)
        best = min(best, other, key=rank) if other else best
    older = best.older_quantizer
    if not best.holds and growth > 0:
        largest = len(files[best.method, (), older]) * (1 + growth)
        errors = _errors(quantizer, best.method, say)
        kept: tuple[str, ...] = ()
        for layer in sorted(errors, key=errors.get, reverse=True):
            trial = attempt(best.method, (*kept, layer), older, largest)
            if trial is None:
                continue  # too large; a smaller layer may fit
            kept = trial.kept
            best = min(best, trial, key=rank)
            if trial.holds:
                break
        if best.holds:
            for layer in best.kept[:-1]:
                fewer = tuple(name for name in best.kept if name != layer)
                trial = attempt(best.method, fewer, older)
                best = trial if trial and trial.holds else best
    return files[best.method, best.kept, best.older_quantizer], best, tuple(trials)


def _errors(quantizer: Quantizer, method: str, say: Callable[[str], None]) -> dict[str, float]:
    """By layer; none where they cannot be measured, for the file itself may be right."""
    try:
        return quantizer.errors(method)
    except (RuntimeError, ValueError) as error:
        if was_stopped():
            raise
        say(f"{method}: what each layer loses cannot be measured ({str(error)[:200].strip()})")
        return {}


def rank(trial: Trial) -> tuple:
    """To sort trials by: least is best."""
    off = max(trial.max_difference, trial.max_type_difference or 0.0)
    return not trial.holds, trial.changed, trial.mean_difference, off


def describe(trial: Trial) -> str:
    """A trial in words."""
    kept = f", {', '.join(trial.kept)} in float" if trial.kept else ""
    older = ", older quantizer" if trial.older_quantizer else ""
    off = trial.max_type_difference
    types = "" if off is None else f", those of types by {off:.4f} at most"
    return (
        f"{trial.method}{older}{kept}: "
        f"{trial.changed} of {trial.scans} validation verdicts changed, "
        f"probabilities off by {trial.mean_difference:.4f}, {trial.max_difference:.4f} at most"
        f"{types}; "
        f"{trial.bytes / 1e6:.2f} MB; {'holds' if trial.holds else 'does not hold'}"
    )


def saved(trials: Sequence[Trial], chosen: Trial) -> list[str]:
    """For each layer that stays in float, what the file would be without."""
    lines = []
    for layer in chosen.kept:
        # The nearest that was tried: without that layer alone, if it was.
        fewer = [
            trial
            for trial in trials
            if (trial.method, trial.older_quantizer) == (chosen.method, chosen.older_quantizer)
            and set(trial.kept) <= set(chosen.kept) - {layer}
        ]
        without = max(fewer, key=lambda trial: len(trial.kept))
        more = chosen.bytes - without.bytes
        lines.append(
            f"{layer} stays in float: {without.changed} instead of {chosen.changed} validation "
            f"verdicts would change without, probabilities be off by "
            f"{without.mean_difference:.4f} instead of {chosen.mean_difference:.4f}; it "
            f"{'adds' if more >= 0 else 'saves'} {abs(more) / 1e3:.1f} kB"
        )
    return lines
