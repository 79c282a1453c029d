"""JSON and Unicode text: compact encoding, and checks of what goes into a frame."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from plugin_sdk.data.errors import FrameError, shown

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def to_json(data: Any) -> str:
    """Return `data` as JSON without whitespace."""
    return _ENCODER.encode(data)


def check_json(raw: bytes) -> bytes:
    """Return `raw` if it is JSON as Grafana's browser reads it; Python's own parser accepts NaN too.

    Raises:
        FrameError: it is not.
    """
    try:
        json.loads(raw.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise FrameError(f"{shown(raw)} is not JSON: {error}") from error
    return raw


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def check_unicode(text: str, what: str) -> str:
    """Return `text` unless it holds half of a surrogate pair, which neither JSON nor protobuf can carry.

    Raises:
        FrameError: it does; the error begins with `what`.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise FrameError(f"{what} is not valid Unicode: {error.reason}") from error
    return text
