"""source.toml read and checked: every error names the file and the key."""

import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from edge.console.suggestions import did_you_mean
from edge.files.regular_file import read_regular
from train.errors import TrainError
from train.source_facts.schema import Blocks, Patients, SourceFacts

NAME = "source.toml"
MAX_BYTES = 1 << 20
"""Of a source.toml: it may come with a data set from a stranger."""
MAX_TABLE = 1 << 28
"""Bytes of a file that a source.toml names."""
_TABLES = {"patients": Patients, "patients.blocks": Blocks}
_PATTERNS = ("patients.pattern", "no_brain")
_NO_KEY = (SourceFacts, "file")
_WORDS = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number above 0",
    tuple[str, ...]: "a text or a list of texts",
    tuple[float, ...]: "a number or a list of numbers, above 0",
    dict[str, str]: "a table with a pattern for each",
    Patients: "a table",
    Blocks: "a table",
}


def read_facts(file: Path) -> SourceFacts:
    """The facts in a file.

    Raises:
        TrainError: it cannot be read, lacks a key, has an unknown one or one of another type, or a
        pattern that is no regular expression.
    """
    # Not above: devices read folders of scans too, and Python 3.10 there lacks both.
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        found = tomllib.loads(read_regular(file, MAX_BYTES).decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise TrainError(f"{file}: is no TOML ({error})") from error
    except (OSError, ValueError) as error:
        raise TrainError(f"{file}: cannot be read ({error})") from error
    values = _checked(file, SourceFacts, "", found)
    _check_patients(file, values.get("patients", Patients()))
    both = set(values.get("positive", ())) & set(values.get("negative", ()))
    if both:
        raise TrainError(f"{file}: positive and negative both name {min(both)}")
    return SourceFacts(file=file, **values)


def compiled(file: Path, key: str, pattern: str) -> re.Pattern:
    """A pattern of a file.

    Raises:
        TrainError: it is no regular expression.
    """
    try:
        return re.compile(pattern)
    except re.error as error:
        raise TrainError(
            f"{file}: {key} = {pattern!r} is no regular expression ({error})"
        ) from error


def kind_in_words(hint: Any) -> str:
    """What a key may hold: "a text or a list of texts, or a table with a pattern for each"."""
    kinds = get_args(hint) if get_origin(hint) is UnionType else (hint,)
    words = [_WORDS[kind] for kind in kinds if kind in _WORDS]
    # A list of texts may be one text anyway.
    told = [word for word in words if not any(word != o and o.startswith(word) for o in words)]
    return ", or ".join(told)


def _checked(file: Path, cls: type, above: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments for a dataclass of a table, all keys known and of their types."""
    known = {one.name: one for one in fields(cls) if (cls, one.name) != _NO_KEY}
    hints, values = get_type_hints(cls), {}
    for name, value in found.items():
        key = f"{above}{name}"
        if name not in known:
            raise TrainError(
                f"{file}: unknown key {key}{did_you_mean(name, known)} (known here: "
                f"{', '.join(known)})"
            )
        if key in _TABLES:
            if not isinstance(value, dict):
                raise TrainError(f"{file}: {key} must be a table, is {value!r}")
            values[name] = _TABLES[key](**_checked(file, _TABLES[key], f"{key}.", value))
        else:
            values[name] = _value(file, key, hints[name], value)
    for name, one in known.items():
        if one.default is MISSING and one.default_factory is MISSING and name not in found:
            raise TrainError(f"{file}: lacks the key {above}{name}")
    return values


def _value(file: Path, key: str, hint: Any, value: Any) -> Any:
    """The value as the dataclass has it: lists as tuples, patterns tried."""
    kinds = get_args(hint) if get_origin(hint) is UnionType else (hint,)
    for kind in kinds:
        fitting, made = _as(kind, value)
        if fitting:
            for at, pattern in _patterns(key, made):
                compiled(file, at, pattern)
            return made
    raise TrainError(f"{file}: {key} must be {kind_in_words(hint)}, is {value!r}")


def _as(kind: Any, value: Any) -> tuple[bool, Any]:
    if kind in (str, bool):
        return type(value) is kind and value != "", value
    if kind is int:
        return type(value) is int and value > 0, value
    if kind == tuple[str, ...]:
        several = [value] if isinstance(value, str) else value
        return _all(several, (str,)), tuple(several) if isinstance(several, list) else ()
    if kind == tuple[float, ...]:
        several = value if isinstance(value, list) else [value]
        fitting = _all(several, (int, float)) and all(0 < one < math.inf for one in several)
        return fitting, tuple(several)
    if kind == dict[str, str]:
        fitting = isinstance(value, dict) and bool(value) and _all(list(value.values()), (str,))
        return fitting, value
    return False, value


def _all(values: Any, kinds: Sequence[type]) -> bool:
    return isinstance(values, list) and all(type(one) in kinds and one != "" for one in values)


def _patterns(key: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [(f"{key}.{name}", pattern) for name, pattern in value.items()]
    is_pattern = key in _PATTERNS or (key == "skull_stripped" and isinstance(value, str))
    return [(key, value)] if is_pattern else []


def _check_patients(file: Path, patients: Patients) -> None:
    given = [name for name in ("pattern", "csv", "blocks") if getattr(patients, name)]
    if len(given) > 1:
        raise TrainError(
            f"{file}: patients.{given[0]} and patients.{given[1]} exclude each other; give one"
        )
