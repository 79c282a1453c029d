"""Parses JSON text from outside; it raises nothing but ValueError."""

from __future__ import annotations

import json
from typing import Any


class DeepJsonError(ValueError):
    """The text is nested too deeply for Python's parser."""


def loads(text: str | bytes | bytearray, **options: Any) -> Any:
    """Return the value of a JSON text.

    Raises:
        ValueError: it is not JSON.
        DeepJsonError: it is nested too deeply.
    """
    try:
        return json.loads(text, **options)
    except RecursionError:
        # Without the cause, whose traceback would be as long as the text is deep.
        raise DeepJsonError("the JSON is nested too deeply") from None
