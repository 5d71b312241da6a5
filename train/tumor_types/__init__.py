"""What kind of tumor: the head that tells types, its temperature and limit, and how good it is."""
