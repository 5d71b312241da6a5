"""The fields of dataclasses as Markdown, as they stand in JSON."""

import ast
import inspect
import json
import sys
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from reference_markdown import bullets, sentence

_WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false"}
_SEVERAL = {"text": "texts", "whole number": "whole numbers", "number": "numbers"}

NULL = "Where a text says None, JSON has `null`."


def reachable(top: type) -> list[type]:
    """A dataclass and all that it holds, each once, in the order of the fields."""
    found = [top]
    for cls in found:
        for hint in get_type_hints(cls).values():
            found += [one for one in _inside(hint) if one not in found]
    return found


def classes(found: list[type], level: int = 2) -> list[str]:
    """A heading for each dataclass, what it is, and a line a field."""
    blocks = []
    for cls in found:
        doc = cls.__doc__ or ""
        blocks += [f"{'#' * level} {cls.__name__}", sentence(doc.split("\n\n")[0])]
        blocks.append(bullets([_line(cls, field, found) for field in fields(cls)]))
    return blocks


def docs_of(cls: type) -> dict[str, str]:
    """The docstring below each field."""
    return _docs(sys.modules[cls.__module__].__file__)[cls.__name__]


def _line(cls: type, field: Field, known: list[type]) -> str:
    kind = words(get_type_hints(cls)[field.name], known)
    doc = docs_of(cls).get(field.name, "")
    return f"`{field.name}`: {kind}, {_default(cls, field)}.{' ' * bool(doc)}{sentence(doc)}"


def words(hint: Any, known: list[type] = (), several: bool = False) -> str:
    """A type in words, as JSON has it; dataclasses among `known` are links."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        parts = [words(arg, known, several) for arg in args if arg is not NoneType]
        return " or ".join([*parts, *["null"] * (NoneType in args)])
    if origin is tuple or origin is list:
        if Ellipsis in args or origin is list:
            return f"list{'s' * several} of {words(args[0], known, True)}"
        return f"list of {len(args)} {words(args[0], known, True)}"
    if origin is dict:
        return f"object{'s' * several} by name, of {words(args[1], known, True)}"
    if is_dataclass(hint):
        name = hint.__name__
        return f"[{name}](#{name.lower()})" if hint in known else f"`{name}`"
    text = _WORDS.get(hint, "object")
    return _SEVERAL.get(text, text) if several else text


def _default(cls: type, field: Field) -> str:
    if field.default_factory is not MISSING:
        made = field.default_factory()
        return f"by default `{type(made).__name__}()`" if is_dataclass(made) else "empty by default"
    if field.default is MISSING:
        return "required"
    if field.default == ():
        return "empty by default"
    if is_dataclass(field.default):
        given = {
            one.name: getattr(field.default, one.name)
            for one in fields(field.default)
            if getattr(field.default, one.name) != one.default
        }
        text = ", ".join(f"{key}={json.dumps(value)}" for key, value in given.items())
        return f"by default `{type(field.default).__name__}({text})`"
    return f"by default `{json.dumps(field.default)}`"


def _inside(hint: Any) -> Iterator[type]:
    if is_dataclass(hint):
        yield hint
    for arg in get_args(hint):
        yield from _inside(arg)


@cache
def _docs(file: str) -> dict[str, dict[str, str]]:
    """Class, field, docstring of a source file."""
    with open(file, encoding="utf-8") as source:
        tree = ast.parse(source.read())
    found: dict[str, dict[str, str]] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        texts = found[node.name] = {}
        for before, after in zip(node.body, node.body[1:], strict=False):
            is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            if isinstance(before, ast.AnnAssign) and is_text and isinstance(after.value.value, str):
                texts[before.target.id] = inspect.cleandoc(after.value.value)
    return found
