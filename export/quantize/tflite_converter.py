"""TensorFlow's converter to TFLite, with what TFLite does not have said in a sentence."""

import re

from export.errors import ExportError


def converted(converter) -> bytes:
    """`converter.convert()`.

    Raises:
        ExportError: the model has operations that TFLite does not have.
    """
    try:
        return converter.convert()
    except Exception as error:
        unknown = sorted(set(re.findall(r"'tf\.(\w+)' op is neither a custom op", str(error))))
        if not unknown:
            raise
        where = re.search(rf'fused\["{unknown[0]}:", "([^"@]+)', str(error))
        layer = f" (in {where[1]})" if where else ""
        raise ExportError(f"TFLite has no {', '.join(unknown)}{layer}") from None
