"""The words of a verdict for people."""

WORDS = {
    "tumor": "TUMOR",
    "no_tumor": "no tumor",
    "uncertain": "UNCERTAIN",
    "rejected": "REJECTED",
}


SYNTHETIC = "The model was trained on generated phantoms: it knows nothing of patients."
