"""Does this device decide as intended? Verdicts at a manifest's limits, and what no gate may pass.

A manifest seals the verdicts that the decision gave at export (`GoldenDecision`): a device whose
`verdict` or whose numbers are others is found out. Files of before 1.4 have none; what their limits
mean is then taken from the rule as the documents have it, in exact fractions. Neither finds a
forger, who writes limits and verdicts that fit one another: that is what signatures are for.
"""

import math
from fractions import Fraction

import numpy as np
from PIL import Image

from edge.inference.decision import verdict
from edge.inference.tumor_type import type_word
from edge.model_file.manifest import Decision, InputSpec, Manifest, RejectGate, TypeSpec
from edge.model_file.provenance import GoldenDecision, GoldenSample, GoldenType
from edge.scan.ood_gate import NOT_LEARNED, apply_gate
from edge.scan.preprocess import preprocess_part

_SIDE = 256  # pixels of the pictures, or more where a gate wants more


def golden_decisions(decision: Decision) -> tuple[GoldenDecision, ...]:
    """The verdicts at, just below and just above each limit, with and without a doubt."""
    return tuple(
        GoldenDecision(value, doubtful, verdict(value, decision, doubtful))
        for value, doubtful in _asked(decision)
    )


def golden_types(spec: TypeSpec) -> tuple[GoldenType, ...]:
    """What is said at, just below and just above the limit, of each type as the likeliest."""
    found, count = [], len(spec.labels)
    limits = {spec.limit, math.nextafter(spec.limit, 0.0), math.nextafter(spec.limit, 1.0)}
    limits |= {(1 + 1 / count) / 2, 1.0}
    for value in sorted(limits):
        if value <= 1 / count:
            continue  # no likeliest type is less likely than all alike
        for at in range(count):
            rest = (1 - value) / (count - 1)
            values = tuple(value if i == at else rest for i in range(count))
            said = type_word(dict(zip(spec.labels, values, strict=True)), spec.limit)
            found.append(GoldenType(values, said))
    return tuple(found)


def replay_types(spec: TypeSpec, golden: GoldenSample) -> tuple[bool, str]:
    """Whether what is said of types is as sealed; and that in words."""
    rows = golden.type_decisions
    if not rows:
        return False, "none are sealed in this file, which tells types"
    for row in rows:
        values = dict(zip(spec.labels, row.probabilities, strict=False))
        if len(row.probabilities) != len(spec.labels):
            return False, "those sealed are of another number of types"
        found = type_word(values, spec.limit)
        if found != row.type:
            return False, f"{row.probabilities} is {found} here and must be {row.type}"
    return True, f"{len(rows)} types at, below and above the limit, as sealed at export"


def replay_decision(manifest: Manifest, golden: GoldenSample) -> tuple[bool, str]:
    """Whether all verdicts are the sealed ones, or those of the rule; and that in words."""
    decision, rows, source = manifest.decision, golden.decisions, "as sealed at export"
    if not rows:
        rows, source = _by_the_rule(decision), "as the rule says (none are sealed in this file)"
    wrong = [row for row in rows if verdict(row.probability, decision, row.doubtful) != row.verdict]
    if not wrong:
        return True, f"{len(rows)} verdicts at, below and above the limits, {source}"
    one = wrong[0]
    found = verdict(one.probability, decision, one.doubtful)
    return False, (
        f"{len(wrong)} of {len(rows)} verdicts are not {source}: {one.probability!r} is "
        f"{found} here and must be {one.verdict}"
    )


def replay_gate(spec: InputSpec, gate: RejectGate) -> tuple[bool, str]:
    """Whether the gate refuses what its limits say that it must; and that in words."""
    pictures = _hopeless(gate)
    passed = [
        name
        for name, image in pictures.items()
        if apply_gate(image, preprocess_part(image, spec), gate).refused is None
    ]
    count = len(pictures)
    if passed:
        return False, f"lets pass what it must refuse: a picture that is {', '.join(passed)}"
    if not count:
        return True, "its limits refuse no picture at all"
    words = f"refuses {count} of {count} pictures that are no scan"
    return True, words if gate.learned else f"{words}; {NOT_LEARNED}"


def _asked(decision: Decision) -> list[tuple[float, bool]]:
    values = {0.0, 1.0, sum(decision.uncertain) / 2}
    for limit in (*decision.uncertain, decision.threshold):
        values |= {limit, math.nextafter(limit, 0.0), math.nextafter(limit, 1.0)}
    return [(value, doubtful) for value in sorted(values) for doubtful in (False, True)]


def _by_the_rule(decision: Decision) -> tuple[GoldenDecision, ...]:
    """docs/reference/results.md, and not `verdict`, which is what is to be checked."""
    low, high, threshold = map(Fraction, (*decision.uncertain, decision.threshold))
    found = []
    for value, doubtful in _asked(decision):
        exact = Fraction(value)
        in_band = exact - low > 0 and high - exact > 0
        negative = "uncertain" if doubtful else "no_tumor"
        outside = "tumor" if exact - threshold >= 0 else negative
        found.append(GoldenDecision(value, doubtful, "uncertain" if in_band else outside))
    return tuple(found)


def _hopeless(gate: RejectGate) -> dict[str, Image.Image]:
    """Pictures that a gate of these limits must refuse, by what they are."""
    side = max(_SIDE, 2 * gate.min_side)
    found = {}
    if gate.min_deviation > 0 or gate.min_content > 0:
        found["uniform"] = Image.new("L", (side, side), 128)
    if gate.min_side > 1:
        row = np.linspace(0, 255, gate.min_side - 1).astype(np.uint8)
        found["too small"] = Image.fromarray(np.tile(row, (gate.min_side - 1, 1)))
    if gate.max_color < 100:
        halves = np.zeros((side, side, 3), np.uint8)
        halves[:, : side // 2, 0] = halves[:, side // 2 :, 2] = 255
        found["red and blue"] = Image.fromarray(halves)
    return found
