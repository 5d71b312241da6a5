"""DICOM associations: the upper layer, and what receives, asks and sends over it."""
