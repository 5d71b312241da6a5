"""`python -m edge` is `edge-classify`."""

from edge.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
