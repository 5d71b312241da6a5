"""`python -m export`, and the console script `mri-export`."""


def main() -> int:
    """Run the command and return its exit status."""
    from edge.console.shadowed_packages import refuse_hidden

    status = refuse_hidden("export")
    if status:
        return status
    from export.cli import main as command

    return command()


if __name__ == "__main__":
    raise SystemExit(main())
