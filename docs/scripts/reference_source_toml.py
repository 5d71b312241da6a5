"""The page of source.toml: its keys from the dataclasses that it is read into, and an example."""

from dataclasses import MISSING, fields
from pathlib import Path
from typing import get_type_hints

from reference_fields import docs_of
from reference_markdown import bullets, page, sentence

from train.source_facts.read import NAME, kind_in_words
from train.source_facts.schema import Blocks, Patients, SourceFacts

EXAMPLE = Path(__file__).parents[1] / "sources" / "brats2013_deepmedic.toml"


def source_toml_page() -> str:
    """Of the facts of a data folder."""
    _, rules = (SourceFacts.__doc__ or "").split("\n\n", 1)
    return page(
        f"Facts of a data folder: {NAME}",
        f"A file `{NAME}` in a data folder tells [`python -m train`](train.md) what the pictures "
        "do not: classes, patients, boxes, licence, and which other folders may hold the same "
        "people. For folders on a read-only disk it is NAME.toml, for a folder of that name, in "
        "the folder that `--sources` names. That one comes first.",
        "An option of the command line takes the place of what the facts say of the same thing, "
        "and training says so. Only `family` has no option.",
        f"It is [TOML](https://toml.io). {sentence(rules)}",
        "A key that is unknown, of another type, or says what the folder does not hold is an "
        "error that names file and key.",
        "A pattern is searched as it stands, and some take endless time: read the facts that came "
        "with a stranger's data before you train with them.",
        "## Keys",
        _keys(SourceFacts, skipped=("file",)),
        "## [patients]",
        sentence(Patients.__doc__ or ""),
        _keys(Patients),
        "## [patients.blocks]",
        sentence(Blocks.__doc__ or ""),
        _keys(Blocks),
        "## What keeps patients apart?",
        "Two sources are related if they have a word of `family` in common, unless both name the "
        "patient of every scan and have the same `ids`. A source with `one_side` is related to "
        "itself. `--inspect` lists them.",
        bullets(
            [
                "Where a folder is tested on, with `--test-data` or `--hold-out`, all related "
                "folders are left out of training. `split.json` has the reason of each scan.",
                "Where none of them is tested on, all related folders are in the training part and "
                "none is in another.",
                "With `--folds` related folders are one group: a fold tests all of them or none.",
                "`--hold-out` of a folder that cannot be divided is refused.",
            ]
        ),
        "## Example",
        "Facts of more folders are in the repository's `docs/sources`. This is one of them:",
        "\n".join(["```toml", EXAMPLE.read_text().strip(), "```"]),
    )


def _keys(cls: type, skipped: tuple[str, ...] = ()) -> str:
    hints, docs = get_type_hints(cls), docs_of(cls)
    return bullets(
        [
            f"`{one.name}`: {kind_in_words(hints[one.name])}"
            f"{', required' * (one.default is MISSING)}. {sentence(docs[one.name])}"
            for one in fields(cls)
            if one.name not in skipped
        ]
    )
