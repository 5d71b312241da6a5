"""What is made for the archive: structured reports, and heat maps as secondary captures."""
