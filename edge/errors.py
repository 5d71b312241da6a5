"""What can go wrong on a device. Every message names the file and says what to do."""


class EdgeError(Exception):
    """Base of every error that `edge` raises on purpose."""


class ImageError(EdgeError):
    """One input cannot be classified; others in the same call still can."""


class ModelError(EdgeError):
    """A model file is unusable: unreadable, without manifest, tampered with, too new."""


class EngineError(EdgeError):
    """No inference engine is installed for a model, or the engine refuses it."""
