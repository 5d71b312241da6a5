"""`edge-classify --watch`: a folder watched for years, and its journal."""
