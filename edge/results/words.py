"""The words of a verdict for people."""

WORDS = {
    "tumor": "TUMOR",
    "no_tumor": "no tumor",
    "uncertain": "UNCERTAIN",
    "rejected": "REJECTED",
}


SYNTHETIC = "The model was trained on generated phantoms: it knows nothing of patients."


def printable(text: str) -> str:
    """`text` with control characters escaped: a file name must not steer the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
