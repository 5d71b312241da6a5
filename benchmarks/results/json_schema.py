"""The JSON Schema of report.json, made from the dataclasses: `python -m benchmarks schema`."""

import json
from dataclasses import MISSING, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from benchmarks.results.benchmark_report import SCHEMA_VERSION, Report

_SCALARS = {str: "string", float: "number", int: "integer", bool: "boolean", NoneType: "null"}


def schema() -> dict:
    """Of the present schema version (JSON Schema, draft 2020-12)."""
    definitions: dict[str, dict] = {}
    top = _of(Report, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"report.json of python -m benchmarks, schema version {SCHEMA_VERSION}",
        **top,
        "$defs": dict(sorted(definitions.items())),
    }


def text() -> str:
    """As it stands in docs/benchmarks/report.schema.json."""
    return json.dumps(schema(), indent=1) + "\n"


def _of(hint: Any, definitions: dict) -> dict:
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return {"anyOf": [_of(arg, definitions) for arg in args]}
    if origin is tuple:
        sizes = {} if Ellipsis in args else {"minItems": len(args), "maxItems": len(args)}
        return {"type": "array", "items": _of(args[0], definitions), **sizes}
    if origin is dict:
        return {"type": "object", "additionalProperties": _of(args[1], definitions)}
    if is_dataclass(hint):
        if hint.__name__ not in definitions:
            definitions[hint.__name__] = {}  # its place, should it hold itself
            definitions[hint.__name__] = {
                "type": "object",
                "description": " ".join(hint.__doc__.split()),
                "properties": {f.name: _of(f.type, definitions) for f in fields(hint)},
                "required": [
                    f.name
                    for f in fields(hint)
                    if f.default is MISSING and f.default_factory is MISSING
                ],
            }
        return {"$ref": f"#/$defs/{hint.__name__}"}
    return {"type": _SCALARS[hint]}
