"""Results as Parquet, for tables of millions: typed, compressed, and each row with the notice.

Rows are written in groups as they come, and the file is whole when it is closed: it is read by its
end. So a run that breaks off leaves none.
"""

from typing import TextIO

from edge import NOTICE

_ROWS = 10_000
"""Of a row group: some 2 MB in memory."""
_TIMINGS = ("decode", "preprocess", "inference")
COLUMNS = {
    "path": "string",
    "verdict": "string",
    "probability": "double",
    "reason": "string",
    "error": "string",
    "model": "string",
    "model_sha256": "string",
    "synthetic": "bool",
    "remarks": "list<string>",
    "decode_ms": "double",
    "preprocess_ms": "double",
    "inference_ms": "double",
    "notice": "string",
    "file_sha256": "string",
    "signer": "string",
    "signer_key_id": "string",
    "scan_bytes": "int64",
    "scan_sha256": "string",
    "type": "string",
    "type_probabilities": "map<string, double>",
}
"""Names, in order, and Arrow's types. The scan's two are null without --resume, which alone looks;
the type's two unless the model tells types and the verdict is "tumor"."""


class ParquetTable:
    """A row a scan, as `COLUMNS` says.

    Args:
        stream: of a file; what is below its text gets the bytes.
    """

    def __init__(self, stream: TextIO):
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter as Writer

        types = {
            "string": pa.string(),
            "double": pa.float64(),
            "bool": pa.bool_(),
            "int64": pa.int64(),
            "map<string, double>": pa.map_(pa.string(), pa.float64()),
            "list<string>": pa.list_(pa.string()),
        }
        self._pa = pa
        self._schema = pa.schema(
            [(name, types[kind]) for name, kind in COLUMNS.items()], metadata={"notice": NOTICE}
        )
        self._rows: list[dict] = []
        self._writer = Writer(_Below(stream), self._schema, compression="zstd")

    def write_record(self, row: dict) -> None:
        """A result as `edge.results.writers.record` makes it, or a line of a journal."""
        types = row.get("type_probabilities")
        timings, file = row.get("timings_ms") or {}, row.get("file") or {}
        more = {
            **{f"{name}_ms": timings.get(name) for name in _TIMINGS},
            "scan_bytes": file.get("size"),
            "scan_sha256": file.get("sha256"),
            "remarks": row.get("remarks") or [],
            "type_probabilities": types if types is None else list(types.items()),
        }
        self._rows.append({name: _text({**row, **more}.get(name)) for name in COLUMNS})
        if len(self._rows) >= _ROWS:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(self._pa.Table.from_pylist(self._rows, self._schema))
            self._rows.clear()


class _Below:
    """The bytes under a text stream that raises `OutputError`."""

    closed = False

    def __init__(self, stream: TextIO):
        self._stream = stream

    def write(self, data) -> int:
        with self._stream.told():
            return self._stream.buffer.write(data)

    def flush(self) -> None:
        with self._stream.told():
            self._stream.buffer.flush()

    def close(self) -> None:
        self.flush()

    def tell(self) -> int:
        return self._stream.buffer.tell()

    def seekable(self) -> bool:
        return False

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True


def _text(value):
    """What is no valid text, as the name of a file may be, with its odd bytes written out."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, list):
        return [_text(one) for one in value]
    return value
