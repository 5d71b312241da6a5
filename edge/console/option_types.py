"""Types of command-line options: each says in one line what it takes."""

import argparse
import math
import os
from collections.abc import Callable


def count(least: int = 1) -> Callable[[str], int]:
    """A whole number of `least` or more."""

    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) < 2**31):
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a whole number of {least} or more (and below 2^31)"
            )
        return int(text)

    return parse


def number(least: float, most: float, above: bool = False) -> Callable[[str], float]:
    """A number from `least` (or `above` it) to `most`."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most or (above and value == least):
            bound = f"above {least:g}" if above else f"of at least {least:g}"
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a number {bound} and at most {most:g}"
            )
        return value

    return parse


def expression(text: str) -> str:
    """A regular expression that is not empty: that would be found in every name."""
    if not text:
        raise argparse.ArgumentTypeError("is empty: give a regular expression, or leave it out")
    return text


_MOST_WORKERS = 8  # each holds a copy of the scans


def default_workers() -> int:
    """As many processes to prepare examples as leave as many cores to the network."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        cores = os.cpu_count() or 1
    return min(_MOST_WORKERS, max(1, cores // 2))
