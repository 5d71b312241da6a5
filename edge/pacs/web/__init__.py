"""DICOMweb: studies fetched from an archive, and objects stored in it."""
