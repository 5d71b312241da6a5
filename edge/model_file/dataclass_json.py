"""Dataclasses from JSON and back, with every type checked.

A manifest comes from a file that anybody may have edited, so nothing in it is believed before its
type is. Covers what manifests use: numbers, strings, booleans, optional values, nested dataclasses,
`tuple[X, ...]`, `dict[str, X]` and plain `dict` (anything).
"""

from dataclasses import MISSING, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

T = TypeVar("T")


def from_json(cls: type[T], data: Any, where: str = "") -> T:
    """Build dataclass `cls` from parsed JSON; unknown keys (of a newer minor version) are ignored.

    Raises:
        ValueError: a key is missing or a value has the wrong type or range; the message begins
            with the dotted name of the key.
    """
    if not isinstance(data, dict):
        raise ValueError(f"{where or 'top level'}: expected an object, got {_kind(data)}")
    values = {}
    for field in fields(cls):
        path = f"{where}.{field.name}" if where else field.name
        if field.name in data:
            values[field.name] = _value(field.type, data[field.name], path)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(f"{path}: is missing")
    try:
        return cls(**values)
    except ValueError as error:
        raise ValueError(f"{where}.{error}" if where else str(error)) from None


def to_json(value: Any) -> Any:
    """Plain dicts, lists and scalars, ready for `json.dumps`."""
    if is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    return value


def _value(hint: Any, value: Any, where: str) -> Any:
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        if value is None and NoneType in args:
            return None
        return _value(next(arg for arg in args if arg is not NoneType), value, where)
    if is_dataclass(hint):
        return from_json(hint, value, where)
    if origin is tuple and isinstance(value, list):
        if args[-1] is not Ellipsis and len(args) != len(value):
            raise ValueError(f"{where}: expected {len(args)} values, got {len(value)}")
        return tuple(_value(args[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if hint is dict and isinstance(value, dict):
        return value
    if origin is dict and isinstance(value, dict):
        return {key: _value(args[1], item, f"{where}.{key}") for key, item in value.items()}
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise ValueError(f"{where}: is larger than any number") from None
    if hint in (int, str, bool) and type(value) is hint:
        return value
    raise ValueError(f"{where}: expected {getattr(hint, '__name__', hint)}, got {_kind(value)}")


def _kind(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__
