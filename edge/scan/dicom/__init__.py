"""One slice of a DICOM MR image as its maker meant it to be seen. Loaded only for DICOM files."""
