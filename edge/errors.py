"""What can go wrong on a device. Every message names the file and says what to do."""


class EdgeError(Exception):
    """Base of every error that `edge` raises on purpose."""


class ImageError(EdgeError):
    """One input cannot be classified; others in the same call still can."""


class RejectedError(ImageError):
    """A file that is whole and plainly no brain-MRI scan, say, a DICOM file of another modality.

    `Classifier` turns it into the verdict "rejected".
    """

    def __init__(self, name: str, reason: str):
        super().__init__(f"{name}: {reason}")
        self.reason = reason
        """Without the file's name."""


class ShortOfMemoryError(ImageError):
    """There is not the memory for a scan now; nothing is known against the file."""


class MissingSoftwareError(ImageError):
    """A file that may be fine, and that a package would read which is not installed here."""

    def __init__(self, message: str, package: str):
        super().__init__(message)
        self.package = package
        """The module to import."""

    def __reduce__(self):
        return type(self), (str(self), self.package)


class ModelError(EdgeError):
    """A model file is unusable: unreadable, without manifest, tampered with, too new."""


class EngineError(EdgeError):
    """No inference engine is installed for a model, or the engine refuses it."""
