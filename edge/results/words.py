"""The words of a verdict for people."""

WORDS = {
    "tumor": "TUMOR",
    "no_tumor": "no tumor",
    "uncertain": "UNCERTAIN",
    "rejected": "REJECTED",
}


def type_words(type: str | None, probabilities: dict[str, float] | None) -> str:
    """What is said of a tumor's type, with the probability of the likeliest; "" if nothing is."""
    if not type or not probabilities:
        return ""
    likeliest = max(probabilities, key=probabilities.get)
    if type != likeliest:
        return f"type uncertain ({likeliest} {probabilities[likeliest]:.3f})"
    return f"type {type} ({probabilities[likeliest]:.3f})"


SYNTHETIC = "The model was trained on generated phantoms: it knows nothing of patients."
