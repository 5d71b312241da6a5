"""`python -m benchmarks`."""

import sys


def main() -> int:
    """Run the command and return its exit status; does not return from an interrupted one."""
    import edge

    if not hasattr(edge, "NOTICE"):  # the user's own, in the folder where this is called
        hidden = f"{edge.__file__} hides the package edge of mri-edge"
        print(f"benchmarks: {hidden}; call mri-benchmarks instead, or rename it", file=sys.stderr)
        return 2
    from edge.console.workstation import run

    return run("benchmarks")


if __name__ == "__main__":
    raise SystemExit(main())
