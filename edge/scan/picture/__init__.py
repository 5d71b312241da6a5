"""Pictures that are no DICOM, as Pillow decodes them, with what it gets wrong or does not say."""
