"""Which scans must stay together, and the parts that nothing crosses."""
