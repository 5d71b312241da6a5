"""Into the hospital: scans received over DICOM, results sent back into the archive."""
