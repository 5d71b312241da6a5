"""A report in words, tables, pictures and the README."""
