"""How results are written: text, JSON, NDJSON, CSV, a web page."""
