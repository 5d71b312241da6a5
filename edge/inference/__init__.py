"""From pixels to a verdict: engines, the decision, `Classifier`, the self-test."""
