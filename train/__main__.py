"""`python -m train`, and the console script `mri-train`."""

import os
import sys


def main() -> int:
    """Run the command and return its exit status; does not return from an interrupted one."""
    try:
        from edge.console.shadowed_packages import refuse_hidden
    except ModuleNotFoundError:
        import edge

        if hasattr(edge, "NOTICE"):
            raise
        hidden = f"{edge.__file__} hides the package edge of mri-edge"
        print(f"train: {hidden}; call mri-train instead, or rename it", file=sys.stderr)
        return 2
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
