"""`python -m export`, and the console script `mri-export`."""

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
        print(f"export: {hidden}; call mri-export instead, or rename it", file=sys.stderr)
        return 2
    status = refuse_hidden("export")
    if status:
        return status
    from export.cli import main as command

    return command()


if __name__ == "__main__":
    raise SystemExit(main())
