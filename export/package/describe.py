"""`python -m export inspect FILE`: a model file's manifest, in words."""

from collections.abc import Iterator
from pathlib import Path

from edge import NOTICE
from edge.console.messages import printable
from edge.model_file.container import ModelFile, open_model
from edge.model_file.provenance import Adopted, MapMatch, Provenance, TypeMatch, provenance
from edge.scan.ood_gate import NOT_LEARNED
from export.quantize import layer_search


def map_words(match: MapMatch) -> str:
    """How heat maps compare with Keras', in words."""
    return (
        f"peak unchanged in {match.peaks_unchanged} of {match.maps} heat maps; largest difference "
        f"{match.max_difference:.2g} of the largest value"
    )


def type_words(match: TypeMatch) -> str:
    """How types of tumor compare with Keras', in words."""
    return (
        f"{match.changed} of {match.scans} changed; a probability is off by "
        f"{match.max_difference:.2g} at most"
    )


def describe(path: Path) -> str:
    """What a verified model file says of itself, one fact a line.

    Raises:
        ModelError: the file is no usable model, or was changed after export.
    """
    model = open_model(path, trust=None)
    facts = [*_model(model), *_provenance(provenance(model.manifest))]
    width = max(len(name) for name, _ in facts)
    # A manifest may come from anybody, and must not steer the terminal.
    return "\n".join([*(f"{name:{width}}  {printable(value)}" for name, value in facts), NOTICE])


def _model(model: ModelFile) -> Iterator[tuple[str, str]]:
    manifest = model.manifest
    spec, decision = manifest.input, manifest.decision
    low, high = decision.uncertain
    yield "file", f"{model.path}, {model.size} bytes, verified"
    yield "model", f"{manifest.name}, {manifest.precision}, {manifest.format}"
    yield "payload SHA-256", manifest.payload_sha256
    yield "labels", f"{', '.join(manifest.labels)}; {manifest.positive} means tumor"
    yield (
        "input",
        f"uint8 [1, {', '.join(map(str, spec.shape))}], {spec.color}, crop {spec.crop}, "
        f"{spec.resize} resize, scaling {spec.scaling}",
    )
    yield "probability", f"{decision.transform}, temperature {decision.temperature:g}"
    band = f"uncertain between {low:g} and {high:g}" if low < high else "no uncertain band"
    inside = f"; threshold {decision.threshold:g}, inside the band" if low < high else ""
    yield "decision", f"tumor from {high:g}; {band}{inside}"
    heat_map = manifest.heat_map
    found = f"{heat_map.method}, {heat_map.rows}x{heat_map.columns}"
    yield "heat map", found if heat_map.method else f"none: {heat_map.reason}"
    if types := manifest.types:
        yield (
            "types of tumor",
            f"{', '.join(types.labels)}; temperature {types.temperature:g}, named from "
            f"{types.limit:g} on; {types.rows}x{types.columns} parts",
        )
    gate = vars(manifest.reject) | {"learned": None}
    limits = ", ".join(f"{name} {value:g}" for name, value in gate.items() if value is not None)
    learned = manifest.reject.learned
    yield "rejected", limits
    if learned:
        units = f"a network of {learned.hidden} units over numbers of the picture"
        if learned.in_graph:
            units = "a part of the network"
        cleared = "" if learned.sure is None else f'; "no tumor" from {learned.sure:g} on'
        yield "learned gate", f"{units}, at least {learned.least:g}{cleared}"
    else:
        yield "learned gate", NOT_LEARNED
    yield "manifest version", manifest.manifest_version


def _adopted(found: Adopted) -> Iterator[tuple[str, str]]:
    yield "trained", "elsewhere: leaks cannot be excluded"
    yield "from", f"{found.file} ({found.kind}), SHA-256 {found.sha256}"
    yield (
        "its outputs",
        f"{', '.join(found.labels)}; no tumor: {', '.join(found.negative)}; last activation "
        f"{found.activation}",
    )
    how = "found by trial" if found.tried else "given, or the only ones possible"
    yield "its pixels", f"scaling {found.scaling}, colours {found.color}, {how}; in the graph"
    for words in found.cautions:
        yield "CAUTION", words


def _provenance(story: Provenance) -> Iterator[tuple[str, str]]:
    training = story.training
    yield "architecture", story.architecture
    yield "run", f"{training.run}, {training.created}, seed {training.seed}"
    kind = "SYNTHETIC phantoms" if training.synthetic else "scans"
    counts = "; ".join(
        f"{part}: " + ", ".join(f"{label} {n}" for label, n in found.items())
        for part, found in training.counts.items()
    )
    yield "data", f"{', '.join(training.data)} ({kind}); {counts}"
    yield "data fingerprint", training.data_sha256
    if training.adopted:
        yield from _adopted(training.adopted)
    yield "versions", ", ".join(f"{name} {v}" for name, v in training.versions.items())
    if story.calibration:
        used = story.calibration
        found = ", ".join(f"{label} {n}" for label, n in used.counts.items())
        older = ", older quantizer" if used.older_quantizer else ""
        words = f"{used.method}{older}, {used.part} part: {found}; hashes in the manifest"
        yield "calibration", words
        for trial in used.trials:
            yield "tried", layer_search.describe(trial)
    for proof in story.parity:
        yield f"proof, {proof.engine}", f"{proof.words} ({proof.part} part)"
        if match := proof.types:
            yield f"types, {proof.engine}", type_words(match)
        if proof.heat_map:
            yield f"heat maps, {proof.engine}", map_words(proof.heat_map)
        yield (
            "limits of the proof",
            f"{proof.max_changed} verdicts, {proof.max_allowed_difference:g} in a probability",
        )
    for engine in story.fails_to_load:
        yield "does not load in", engine
    golden = story.golden
    likeness = "" if golden.likeness is None else f", likeness {golden.likeness:.2f}"
    yield "golden sample", f"probability {golden.probability:.6f}{likeness} +- {golden.tolerance:g}"
    yield "licence", story.licence
    yield "intended use", story.intended_use
