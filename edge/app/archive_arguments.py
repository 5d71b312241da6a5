"""The arguments of `edge-classify` for a batch of many scans, and their rules."""

import argparse
from collections.abc import Callable

from edge.console.option_rules import Rule
from edge.console.option_types import count
from edge.files.shard import Shard

ARCHIVE_RULES = (
    Rule(
        "--resume",
        needs=("--out",),
        says="--resume goes on with a file of results: name it with --out",
    ),
    Rule(
        "--format",
        needs=("no --resume", "--format ndjson", "--format csv", "--format parquet"),
        says="--resume writes ndjson, csv or parquet; it cannot write {format}",
    ),
    Rule("--timeout", needs=("--resume",)),
    Rule(
        "--cluster",
        needs=("--resume",),
        says="--cluster needs --resume and --out: a cluster may lose its machines, and results are "
        "kept as they come",
    ),
    Rule("--cluster", excludes=("--explain",)),
    Rule("--shard", needs=("PATH",)),
)


def add_archive_arguments(
    add: Callable, name: Callable[[str], str], seconds: Callable[[str], float]
) -> None:
    """Those of a batch that can go on, and that several machines share.

    Args:
        name, seconds: their types.
    """
    add(
        "--resume",
        action="store_true",
        help="each result is in --out as soon as it is known, and the same command goes on after "
        "whatever ended it: no file twice, none lost; a scan that ends its process twice gets an "
        "error (default: --out is written when all is done)",
    )
    add(
        "--shard",
        type=_shard,
        metavar="I/N",
        help="only part I, from 0, of N, by a hash of each path below PATH: the same on each "
        "machine, whose number it is (default: all)",
    )
    add(
        "--timeout",
        type=seconds,
        default=300.0,
        metavar="S",
        help="with --resume: a scan that takes more than S seconds ends its process (default: 300)",
    )
    add(
        "--cluster",
        type=name,
        metavar="ADDRESS",
        help="with --resume: classify on the workers of the Dask scheduler there, as "
        "tcp://host:8786; local starts one here, with --jobs workers (default: processes of this "
        "machine)",
    )


def _shard(text: str) -> Shard:
    index, slash, number = text.partition("/")
    if not (slash and index.isascii() and index.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not I/N, as 0/10")
    shard = Shard(int(index), count()(number))
    if shard.index >= shard.count:
        raise argparse.ArgumentTypeError(
            f"{text!r}: parts count from 0, so the last of {shard.count} is {shard.count - 1}"
        )
    return shard
