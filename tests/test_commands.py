"""What holds for the command lines of all commands."""

import re

import pytest

from edge import NOTICE
from tests.commands import all_parsers

PARSERS = all_parsers()
OPTIONS = [
    (prog, action)
    for prog, parser in PARSERS.items()
    for action in parser._actions
    if action.dest not in ("help", "version")
]
UNITS = {
    "N": "scans|copies|epochs|pixels|threads|rounds|verdicts|processes|frame or page|number",
    "K": "fold",
    "S": "seconds| S ",
    "X": "share|step|the same|difference",
    "P%": "percent",
}
"""Metavar of a number: what its help counts in."""
ALWAYS = {
    "edge-classify": "--format --model --signature --engine --provider --threads --jobs --out "
    "--explain --max-pixels --frame",
    "python -m train": "--data --test-data --positive --negative --patient-csv --labels --out "
    "--resume --sources "
    "--crop "
    "--model --epochs --batch-size --seed --target-sensitivity --coverage --precision --devices "
    "--folds --protocol --no-brain",
    "python -m export": "RUN --data --out --format --precision --reference --licence "
    "--max-changed --max-difference",
    "python -m export inspect": "FILE",
    "python -m export keygen": "KEY --name",
    "python -m export sign": "MODEL --key --passphrase-file",
    "python -m export verify": "MODEL --trust",
    "python -m benchmarks": "MODEL --data --run --reference --out --engine --threads --min-seconds "
    "--p99 --quick --gate --no-gate --baseline",
    "python -m benchmarks merge": "REPORT",
    "python -m benchmarks throughput": "MODEL PATH --json --engine --jobs --threads --repeats "
    "--seconds",
    "python -m benchmarks transfer": "--model --scans",
    "python -m benchmarks scale": "PATH --model --out --engine --scans-per-task --seconds",
    "python -m benchmarks peers": "MODEL --data --positive --negative --leave-out --not-brain "
    "--seen --patient-id --peers --environments --wheels --out --per-source --seed --repeats",
    "python -m benchmarks builds": "DIR --every --against --model --out --passes",
    "python -m benchmarks readme": "REPORT --write",
    "python -m benchmarks schema": "",
}
"""Options that have an effect whatever else is given, but for ways of working that take few."""


def name_of(action):
    return action.option_strings[-1] if action.option_strings else action.metavar


each = pytest.mark.parametrize(
    ("prog", "action"), OPTIONS, ids=[f"{prog} {name_of(a)}" for prog, a in OPTIONS]
)


@each
def test_every_option_is_explained_in_its_group(prog, action):
    parser = PARSERS[prog]
    assert len(action.help) > 10
    assert re.search(r"\((default: [^)]+|required[^)]*)\)$", action.help), "default in words"
    assert action not in parser._positionals._group_actions
    assert action not in parser._optionals._group_actions
    groups = [group for group in parser._action_groups if action in group._group_actions]
    assert [bool(group.title) for group in groups] == [True]
    if action.metavar in UNITS and action.nargs != 0:
        assert re.search(UNITS[action.metavar], action.help), "unit"


@each
def test_it_is_decided_whether_an_option_always_has_an_effect(prog, action):
    ruled = {rule.option.split(" ")[0] for rule in PARSERS[prog].rules}
    always = ALWAYS[prog].split()
    assert (name_of(action) in ruled) + (name_of(action) in always) >= 1


@pytest.mark.parametrize("prog", PARSERS)
def test_rules_name_options_that_there_are(prog):
    parser = PARSERS[prog]
    known = {"-", *(name for name in parser._option_string_actions)}
    known |= {action.metavar for action in parser._actions}
    for rule in parser.rules:
        conditions = [rule.option, *rule.needs, *rule.excludes, *(rule.takes or ())]
        conditions += [rule.unless] if rule.unless else []
        for one in (part for text in conditions for part in text.split(" & ")):
            name, _, value = one.removeprefix("no ").partition(" ")
            assert name in known, one
            choices = parser._option_string_actions[name].choices if value else None
            assert not choices or value in choices, one


@pytest.mark.parametrize("prog", PARSERS)
def test_help_is_the_same_everywhere_and_carries_the_notice(prog, monkeypatch):
    texts = set()
    for columns in ("40", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        monkeypatch.setenv("FORCE_COLOR", "1")
        texts.add(all_parsers()[prog].format_help())
    (text,) = texts
    assert text.startswith(f"usage: {prog}")
    assert NOTICE in text
    assert "exit status: 0" in text
    assert "\x1b" not in text


SLIPS = """
edge-classify: --modle m x.png: unknown option --modle; did you mean --model?
edge-classify: --output f x.png: did you mean --out?
edge-classify: --json x.png: did you mean --format json?
edge-classify: --format jsn x.png: unknown value 'jsn'; did you mean json?
edge-classify: -model m x.png: did you mean --model?
edge-classify: –model m x.png: begins with a long dash; did you mean --model?
edge-classify: --settle 3 x.png: --settle has no effect without --watch
edge-classify: --token-file t x.png: --token-file has no effect without --serve
edge-classify: --server-name n x.png: --server-name has no effect without --serve
edge-classify: --serve --format html: --format has no effect with --serve
edge-classify: x.png --serve: --serve takes no scans; leave out x.png
edge-classify: --null x.png: --null has no effect without -
edge-classify: --self-test --explain d: --explain has no effect with --self-test
edge-classify: --trust d --signature off x.png: --trust has no effect with --signature off
edge-classify: --signature never x.png: unknown value 'never'
edge-classify: --series x --send-results A@h:104: --send-results needs --queue DIR
edge-classify: --series x --stow http://h/d: --stow needs --queue DIR
edge-classify: x --send-results A@h:104 --queue q: --send-results reports studies; it needs --series
edge-classify: --series x --send-results A@h:1 --stow http://h --queue q: not both
edge-classify: --series x --queue q: --queue has no effect without --send-results or --stow
edge-classify: --watch d --send-results A@h:104 --queue q: --send-results has no effect with --watch
edge-classify: --scp 1 --spool d --send-results A@h:104: --send-results needs --queue DIR
edge-classify: --scp 1 --spool d --queue q: --queue has no effect without --send-results or --stow
edge-classify: --scp 1 --spool d --send-results A@h:1 --stow http://h --queue q: not both
edge-classify: --serve --stow http://h --queue q: --stow has no effect with --serve
edge-classify: --series x --send-results h:104 --queue q: has no AE title: AET@HOST:PORT
edge-classify: --series x --send-results A@h:0 --queue q: is no [AET@]HOST:PORT
edge-classify: --series x --send-results A@h:99999 --queue q: is no [AET@]HOST:PORT
edge-classify: --series x --send-results SEVENTEEN_LETTERS@h:104 --queue q: is no AE title
edge-classify: --series x --stow ftp://h --queue q: is no address of DICOMweb
edge-classify: --series x --stow http://h:x/ --queue q: is no address of DICOMweb
edge-classify: --series x --stow https://a:b@h/d --queue q: seen by every user of this system
edge-classify: --series x --stow http://h/d?a=b --queue q: is no address of DICOMweb
edge-classify: --doctor --jobs 2: --jobs has no effect with --doctor
edge-classify: --doctor --self-test: --self-test has no effect with --doctor
edge-classify: --watch . --jobs 2: --jobs has no effect with --watch
edge-classify: --watch . --format text: --watch writes ndjson; it cannot write text
edge-classify: --self-test --format html: --self-test reports as text or json, not as html
edge-classify: --resume x: --resume goes on with a file of results: name it with --out
edge-classify: --resume --out r --format html x: --resume writes ndjson, csv or parquet; it cannot
edge-classify: --resume --out r --watch .: --resume has no effect with --watch
edge-classify: --resume --out r --series x: --resume has no effect with --series
edge-classify: --timeout 3 x.png: --timeout has no effect without --resume
edge-classify: --format parquet x: --format parquet is no text, and needs a file
edge-classify: --shard 3/3 x: parts count from 0, so the last of 3 is 2
edge-classify: --shard 3 x: '3' is not I/N, as 0/10
edge-classify: --shard 0/2: --shard has no effect without PATH
edge-classify: x.png --doctor=3: --doctor takes no value
edge-classify: --scp 11112: --scp needs a folder to keep what comes: --spool DIR
edge-classify: --scp 99999 --spool d: is no [AET@]HOST:PORT
edge-classify: --scp A*B@h:1 --spool d --tls-key k: --tls-key needs --tls-cert FILE
edge-classify: --scp 11112 --spool d x.png: --scp takes no scans
edge-classify: --scp 11112 --spool d --watch e: --scp has no effect with --watch
edge-classify: --scp 11112 --spool d --format csv: --scp writes ndjson; it cannot write csv
edge-classify: --scp 11112 --spool d --study 1.2: no effect without --dicomweb or --query-retrieve
edge-classify: --scp 11112 --spool d --tls-cert c: --tls-cert needs --tls-key FILE
edge-classify: --series x --tls-ca c: --tls-ca has no effect without
edge-classify: --scp 11112 --spool d --tls-ca c: needs a certificate of its own
edge-classify: --scp 11112 --spool d --allow-host pc1: is no address and no network
edge-classify: --spool d x.png: --spool has no effect without --scp or --dicomweb or
edge-classify: --dicomweb h:80 --spool d --study 1.2: is no address of DICOMweb services
edge-classify: --dicomweb http://u:p@h --spool d --study 1: is seen by every user
edge-classify: --dicomweb http://h --spool d: needs to know what to ask for
edge-classify: --dicomweb http://h --spool d --study a: is no UID
edge-classify: --dicomweb http://h --spool d --study 1 --since 2026-01-01: no effect with --since
edge-classify: --dicomweb http://h --spool d --since 2026-13-01: is no date
edge-classify: --dicomweb http://h --spool d --study 1 --settle 3: no effect without --watch
edge-classify: --query-retrieve h:104 --spool d --study 1: has no AE title
edge-classify: --query-retrieve A@h:104 --spool d --study 1 --allow-aet B: no effect without --scp
python -m train: : --data DIR is missing
python -m train: --data: --data needs a value: --data DIR
python -m train: phantom: phantom stands alone; did you mean --data phantom?
python -m train: vgg16 --data x: vgg16 stands alone; did you mean --model vgg16?
python -m train: --data x --epoch 3: unknown option --epoch; did you mean --epochs?
python -m train: --data x --batch_size 3: did you mean --batch-size?
python -m train: --data x --lr 1: did you mean --learning-rate?
python -m train: --data x --model vgg61: unknown value 'vgg61'; did you mean vgg
python -m train: --data x --inspect --epochs 3: --epochs has no effect with --inspect
python -m train: --data x --model compact --patience 3: no effect with --model compact
python -m train: --data x --phantoms 9: no effect without --data phantom or --test-data phantom
python -m train: --data x --weights none: --model cnn has no backbone; leave --weights out
python -m train: --data x --model vgg16 --fine-tune-rate 1: no effect without --unfreeze
python -m train: --data x --model vgg16 --copies 1 --no-augment: no effect with --no-augment
python -m train: --data x --overwrite: --overwrite has no effect without --out
python -m train: --data x --workers 1: --workers has no effect without --model compact
python -m train: --data x --hold-out x: --hold-out needs --test-data
python -m train: --data x --patient-id a --patient-csv b: exclude each other
python -m export: --calib auto: did you mean --calibration or --calibration-scans?
python -m export: --calibration auto --precision fp32: no effect without int8
python -m export: --batch dynamic --format tflite: --batch dynamic is for ONNX
python -m export: --int8 --precision fp16: contradict each other
python -m export: a b: b is one argument too many
python -m export inspect: : FILE is missing
edge-classify: x.png --resume --out r.txt: it cannot write text
python -m export keygen: : KEY is missing
python -m export keygen: k --no-passphrase --passphrase-file p: no effect with --no-passphrase
python -m export sign: m.tflite: --key FILE is missing
python -m export verify: m.tflite --trsut d: did you mean --trust?
python -m benchmarks: --quik: did you mean --quick?
python -m benchmarks: --positive a: belongs to --data
python -m benchmarks: --max-regression 3: no effect without --baseline
python -m benchmarks throughput: m x --engine lite: did you mean litert?
python -m benchmarks readme: --writ: did you mean --write?
python -m benchmarks schema: x: x is one argument too many
"""


@pytest.mark.parametrize("slip", SLIPS.strip().splitlines())
def test_a_slip_is_one_helpful_line(slip, capsys):
    prog, given, words = re.fullmatch(r"(.+?): (.*?): (.+)", slip).groups()
    parser = PARSERS[prog]
    with pytest.raises(SystemExit) as stop:
        parser.parse_args(given.split())
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{parser.program}: ")
    assert words in line


@pytest.mark.parametrize(
    ("prog", "given", "option"),
    [
        ("python -m train", ["--data", "x", "--model", "vgg16", "--weights", ""], "--weights"),
        ("python -m train", ["--prune", ""], "--prune"),
        ("python -m train", ["--data", "x", "--prune="], "--prune"),
        ("python -m train", ["--data", "x", "--positive", "a", "", "--types"], "--positive"),
        ("python -m export", ["--from", "", "--data", "x"], "--from"),
        ("python -m benchmarks", ["m.tflite", "--out", ""], "--out"),
        ("edge-classify", ["x.png", "--model", ""], "--model"),
    ],
)
def test_an_empty_value_is_refused(prog, given, option, capsys):
    """As a path it would be the folder that one is in."""
    with pytest.raises(SystemExit) as stop:
        PARSERS[prog].parse_args(given)
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert option in line
    assert "empty" in line


def test_an_empty_argument_behind_an_option_is_not_its_value():
    assert PARSERS["python -m benchmarks"].parse_args(["--quick", "--out", "r", "m"]).out
    assert PARSERS["edge-classify"].parse_args(["--threads", "2", "x.png"]).threads == 2


GOOD = """
edge-classify: x.png --out r.txt
edge-classify: x.png --jobs 1
edge-classify: - --null --format ndjson
edge-classify: x.png --engine litert --provider cuda
edge-classify: --watch in --settle 3 --format ndjson --explain maps --threads 2
edge-classify: --self-test --engine litert --format json
edge-classify: --serve
edge-classify: --serve [::1]:80 --token-file t --server-name a --server-name b --jobs 2
edge-classify: --doctor --model m.onnx --format json
edge-classify: --watch in --model m.onnx --trust keys --signature require
edge-classify: --self-test --model m.onnx --trust keys
edge-classify: x.png --signature off
edge-classify: --scp MRI@0.0.0.0:11112 --spool d --allow-aet CT1 MR1 --allow-host 192.0.2.0/24
edge-classify: --scp [::1]:104 --spool d --tls-cert c --tls-key k --tls-ca a --settle 60 --out r
edge-classify: --dicomweb https://h:8042/dicom-web --spool d --since 2026-11-28 --tls-ca a
edge-classify: --query-retrieve A@h:104 --scp MRI@11112 --spool d --study 1.2.3 --format ndjson
edge-classify: in --resume --out r.ndjson --timeout 20 --shard 0/4 --jobs 3 --explain maps
edge-classify: in --resume --out r.parquet --format parquet
edge-classify: in --out r.parquet --format parquet --shard 1/2
edge-classify: --scp MRI@11112 --spool d --send-results ARCHIVE@h:104 --queue q
edge-classify: --dicomweb http://h/d --spool d --study 1.2 --stow http://h/d --queue q
edge-classify: --query-retrieve A@h:104 --spool d --since 2026-11-28 --send-results A@h:1 --queue q
python -m export sign: a.tflite a.onnx --key k
edge-classify: x.png --out=-o.txt
edge-classify: --series x --send-results ARCHIVE@[::1]:104 --queue q --format ndjson
edge-classify: --send-results ARCHIVE@h:104 --queue q
edge-classify: --send-results ARCHIVE@h:104 --queue q --tls-ca a --tls-cert c --tls-key k
edge-classify: --series x --send-results ARCHIVE@h:104 --queue q --tls-ca a
edge-classify: --stow https://h:8443/dicom-web/ --queue q
edge-classify: -- --odd-name.png
python -m train: --data x --inspect --boxes b --test-data phantom --phantoms 80 --seed 1
python -m train: --data x --resume --out r --overwrite --patience 3 --model compact
python -m train: --data x --model vgg16 --weights none --copies 0 --unfreeze block5
python -m train: --data x --model compact --boxes b --teacher r s --no-brain n --workers 0
python -m train: --data x --out r --overwrite --devices all --folds 5 --protocol article
python -m export: r --int8 --max-growth 0 --calibration auto
python -m export: --precision int8 fp16 --calibration-scans 8
python -m export: --batch dynamic --layout triton --format onnx
python -m export: --int8 --precision int8
python -m benchmarks: m.tflite --quick --p99 --min-seconds 2 --no-gate
python -m benchmarks: --data d --positive a --negative b --baseline r --max-regression 9%
"""


@pytest.mark.parametrize("command", GOOD.strip().splitlines())
def test_what_has_an_effect_is_not_refused(command):
    prog, given = command.split(": ", 1)
    PARSERS[prog].parse_args(given.split())


def test_a_message_cannot_steer_the_terminal(capsys):
    for given in (["--\x1b[31m"], ["x.png", "--format", "\x1b[31m"], ["--threads", "\x1b]0;x\x07"]):
        with pytest.raises(SystemExit):
            PARSERS["edge-classify"].parse_args(given)
        (line,) = capsys.readouterr().err.splitlines()
        assert "\x1b" not in line
        assert "\x07" not in line
