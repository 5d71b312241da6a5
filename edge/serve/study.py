"""The verdict on a study from the results of its slices, by the rule of `--series`."""

from edge.inference.decision import verdict
from edge.inference.prediction import Prediction
from edge.model_file import bounded_json
from edge.model_file.manifest import UNCERTAIN_TYPE, VERDICTS, Manifest
from edge.parallel.pipeline import Outcome
from edge.series.result import judge
from edge.series.rule import rule_for
from edge.serve.limits import JSON_BYTES, SLICES

_LIMITS = bounded_json.Limits(
    bytes=JSON_BYTES, depth=4, items=20 * SLICES, text=4000, surrogates=False
)


def judge_study(body: bytes, manifest: Manifest) -> dict:
    """What is known about the study whose slices `body` names, in their order.

    Slices have no names here: the strongest are told by their places, from 1.

    Raises:
        ValueError: it is no such document; says what is wrong.
    """
    document = bounded_json.loads(body, _LIMITS)
    slices = document.get("slices") if isinstance(document, dict) else None
    if not isinstance(slices, list) or not 1 <= len(slices) <= SLICES:
        raise ValueError(f'must be {{"slices": [...]}} with 1 to {SLICES} of them')
    outcomes = [_outcome(number, one, manifest) for number, one in enumerate(slices, 1)]
    result = judge("study", None, outcomes, rule_for(manifest)).to_dict()
    result["strongest"] = [
        {
            "slice": int(one["path"]),
            "probability": one["probability"],
            "doubtful": one["doubtful"],
        }
        for one in result["strongest"]
    ]
    return {name: value for name, value in result.items() if name not in ("series", "series_hash")}


def _outcome(number: int, one: object, manifest: Manifest) -> Outcome:
    if not isinstance(one, dict):
        raise ValueError(f"slice {number}: must be an object")
    word = one.get("verdict")
    if word is None:
        return Outcome(str(number), None, "not read")
    value, reason = one.get("probability"), one.get("reason")
    # A result of the command line says it by its reason alone.
    doubtful = one.get("doubtful", value is not None and reason is not None)
    sha256 = one.get("model_sha256")
    if word not in VERDICTS:
        raise ValueError(f"slice {number}: verdict must be one of {', '.join(VERDICTS)}, or null")
    if sha256 != manifest.payload_sha256:
        raise ValueError(f"slice {number}: its model_sha256 is not that of the model here")
    types = _types(number, one, manifest)
    number_given = isinstance(value, (int, float)) and not isinstance(value, bool)
    if (word == "rejected") != (value is None) or (
        value is not None and not (number_given and 0 <= value <= 1)
    ):
        raise ValueError(f"slice {number}: probability must be 0 to 1, and null if it is rejected")
    if not isinstance(doubtful, bool) or not (reason is None or isinstance(reason, str)):
        raise ValueError(f"slice {number}: doubtful must be true or false, reason a text or null")
    if value is None and not reason:
        raise ValueError(f"slice {number}: it is rejected and has no reason")
    if value is not None and word != verdict(value, manifest.decision, doubtful):
        raise ValueError(f"slice {number}: its verdict is not the one of its probability here")
    prediction = Prediction(
        verdict=word,
        probability=value,
        reason=reason,
        model=f"{manifest.name} {manifest.precision}",
        model_sha256=manifest.payload_sha256,
        synthetic=False,
        decode_ms=0.0,
        preprocess_ms=0.0,
        inference_ms=0.0,
        doubtful=doubtful,
        typed=manifest.types is not None,
        type=one.get("type") if types else None,
        type_probabilities=types,
    )
    return Outcome(str(number), prediction, None)


def _types(number: int, one: dict, manifest: Manifest) -> dict[str, float] | None:
    """What a slice says of types; None if nothing, or if the model tells none.

    Raises:
        ValueError: it is not what the model could have said.
    """
    word, values = one.get("type"), one.get("type_probabilities")
    if manifest.types is None or (word is None and values is None):
        return None
    labels = manifest.types.labels
    if word not in (*labels, UNCERTAIN_TYPE):
        raise ValueError(f"slice {number}: type must be one of the model's, or {UNCERTAIN_TYPE}")
    if not isinstance(values, dict) or set(values) != set(labels):
        raise ValueError(f"slice {number}: type_probabilities must have each of the model's types")
    for value in values.values():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise ValueError(f"slice {number}: type_probabilities must be 0 to 1")
    return {label: float(values[label]) for label in labels}
