"""`python -m benchmarks`, and the console script `mri-benchmarks`."""


def main() -> int:
    """Run the command and return its exit status."""
    from edge.console.shadowed_packages import refuse_hidden

    status = refuse_hidden("benchmarks")
    if status:
        return status
    from benchmarks.cli import main as command

    return command()


if __name__ == "__main__":
    raise SystemExit(main())
