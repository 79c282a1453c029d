"""JSON text from outside, read so that nothing but ValueError can come of it."""

from __future__ import annotations

import json
from typing import Any


class DeepJsonError(ValueError):
    """The text is nested deeper than Python's parser can follow."""


def loads(text: str | bytes | bytearray, **options: Any) -> Any:
    """Return what the text says.

    Raises:
        ValueError: it is not JSON.
        DeepJsonError: it is nested too deeply.
    """
    try:
        return json.loads(text, **options)
    except RecursionError:
        # Without the cause: its traceback is as long as the text is deep.
        raise DeepJsonError("the JSON is nested too deeply") from None
