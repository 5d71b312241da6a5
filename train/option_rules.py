"""Which options of `python -m train` have an effect together, and which exclude each other."""

from edge.console.option_rules import Rule
from train.data.data_argument import PHANTOM
from train.learning_arguments import BACKBONES

_PRUNING = ("--prune-to", "--prune-epochs", "--prune-max-changed")
_COMPACT = "--model compact"
_BACKBONE = tuple(f"--model {name}" for name in BACKBONES)
_LEARNS_NOTHING = "--model {model} learns nothing from %s; leave that out, or train --model compact"
_NO_BACKBONE = "--model {model} has no backbone; leave %s out, or train --model vgg16, for example"
# What was interrupted had its options already, and goes on with the same only.
_RESUMED = "--resume"
RULES = (
    Rule(
        "--inspect",
        takes=(
            *("--data", "--test-data", "--boxes", "--patient-id", "--patient-csv", "--labels"),
            *("--positive", "--negative", "--out", "--overwrite", "--seed", "--phantoms"),
            *("--sources", "--leave-out"),
        ),
    ),
    Rule(
        "--prune",
        takes=(
            *("--prune-to", "--prune-epochs", "--prune-max-changed", "--data", "--test-data"),
            *("--folds", "--out", "--overwrite", "--resume", "--devices", "--precision"),
        ),
    ),
    *(Rule(option, ("--prune",)) for option in _PRUNING),
    *(
        Rule(option, (_COMPACT, *more), unless=_RESUMED, says=_LEARNS_NOTHING % option)
        for option, *more in (
            *(("--boxes", "--inspect"), ("--teacher",)),
            ("--not-brain",),
        )
    ),
    Rule("--workers", (_COMPACT,)),
    Rule(
        "--warm-start",
        excludes=("--folds",),
        says="--warm-start takes no --folds: each scan would be tested on, those that it has seen "
        "as well; leave one out",
    ),
    Rule(
        "--warm-start",
        excludes=("--protocol article",),
        says="--warm-start takes no --protocol article, which starts anew; leave one out",
    ),
    Rule("--patience", excludes=(_COMPACT,), unless=_RESUMED),
    Rule("--no-augment", excludes=(_COMPACT,), unless=_RESUMED),
    *(
        Rule(option, _BACKBONE, unless=_RESUMED, says=_NO_BACKBONE % option)
        for option in ("--weights", "--unfreeze", "--copies")
    ),
    Rule("--copies", excludes=("--no-augment",), unless=_RESUMED),
    Rule("--fine-tune-rate", ("--unfreeze",), unless=_RESUMED),
    # Features of random weights are no start: then all of the network learns at once.
    *(
        Rule(option, excludes=("--unfreeze all & --weights none",), unless=_RESUMED)
        for option in ("--learning-rate", "--copies")
    ),
    Rule(
        "--hold-out",
        ("--test-data",),
        says="--hold-out needs --test-data; without it a fifth of all is held out",
    ),
    Rule(
        "--patient-id",
        excludes=("--patient-csv",),
        says="--patient-id and --patient-csv exclude each other; give one",
    ),
    Rule(
        "--types",
        ("--negative",),
        says="--types needs --negative: name the folders without a tumor",
    ),
    Rule("--leave-out", excludes=("--labels",)),
    Rule("--phantoms", (f"--data {PHANTOM}", f"--test-data {PHANTOM}"), unless=_RESUMED),
    Rule("--overwrite", ("--out",)),
    Rule(
        "--unseen-sources",
        excludes=("--teacher",),
        says="--unseen-sources takes no --teacher, which has seen the sources; leave one out",
    ),
    Rule(
        "--unseen-sources",
        excludes=("--folds",),
        says="--unseen-sources and --folds choose the band each in its own way; leave one out",
    ),
    *(Rule(option, ("--unseen-sources",)) for option in ("--max-cleared", "--max-alarms")),
)
