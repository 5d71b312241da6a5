"""`python -m train`."""

import os
import sys

from train.cli import INTERRUPTED, main

if __name__ == "__main__":
    status = main()
    if status == INTERRUPTED:
        # TensorFlow may still compute; taking the interpreter down under it can crash (seen once).
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    raise SystemExit(status)
