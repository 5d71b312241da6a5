"""`python -m benchmarks`, and the console script `mri-benchmarks`."""

import sys


def main() -> int:
    """Run the command and return its exit status."""
    try:
        from edge.console.shadowed_packages import refuse_hidden
    except ModuleNotFoundError:
        import edge

        if hasattr(edge, "NOTICE"):
            raise
        hidden = f"{edge.__file__} hides the package edge of mri-edge"
        print(f"benchmarks: {hidden}; call mri-benchmarks instead, or rename it", file=sys.stderr)
        return 2
    status = refuse_hidden("benchmarks")
    if status:
        return status
    from benchmarks.cli import main as command

    return command()


if __name__ == "__main__":
    raise SystemExit(main())
