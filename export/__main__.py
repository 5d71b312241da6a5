"""`python -m export`."""

import sys


def main() -> int:
    """Run the command and return its exit status; does not return from an interrupted one."""
    import edge

    if not hasattr(edge, "NOTICE"):  # the user's own, in the folder where this is called
        hidden = f"{edge.__file__} hides the package edge of mri-edge"
        print(f"export: {hidden}; call mri-export instead, or rename it", file=sys.stderr)
        return 2
    from edge.console.workstation import run

    return run("export")


if __name__ == "__main__":
    raise SystemExit(main())
