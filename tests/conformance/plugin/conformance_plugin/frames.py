from __future__ import annotations

import json
from typing import Any

from plugin_sdk import DataQuery
from plugin_sdk.data import Field, FieldType, Frame


def series(query: DataQuery[Any], count: int = 3) -> Frame:
    first, last = query.time_range.from_, query.time_range.to
    steps = max(count - 1, 1)
    times = [first + (last - first) * index / steps for index in range(count)]
    values = [float(index) for index in range(count)]
    return Frame(
        "series",
        Field("time", times, type=FieldType.TIME, nullable=False),
        Field("value", values, type=FieldType.FLOAT64, labels={"station": "berlin"}, nullable=False),
    )


def text(value: Any, name: str = "echo") -> Frame:
    """Return a frame of one text: JSON, or the text itself."""
    content = value if isinstance(value, str) else json.dumps(value)
    return Frame(name, Field("text", [content], type=FieldType.STRING))
