"""A node of the hospital: scans from scanners and archives over DICOM, and results back."""
