"""`python -m train`, and the console script `mri-train`."""

import os
import sys


def main() -> int:
    """Run the command and return its exit status; does not return from an interrupted one."""
    from edge.console.shadowed_packages import refuse_hidden

    status = refuse_hidden("train")
    if not status:
        from train.cli import main as command

        status = command()
    if status > 128:
        # TensorFlow may still compute; taking the interpreter down under it can crash (seen once).
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


if __name__ == "__main__":
    raise SystemExit(main())
