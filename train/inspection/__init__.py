"""`--inspect`: what is in folders of scans, before anything is trained."""
