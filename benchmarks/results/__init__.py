"""All that was measured, as data: report.json and its schema."""
