"""What can go wrong on the workstation. Every message says what to do."""


class TrainError(Exception):
    """Data or options that no model can be trained with, or a run that cannot be read."""


class NoPatientsError(TrainError):
    """Of none of the scans the patient is known."""
