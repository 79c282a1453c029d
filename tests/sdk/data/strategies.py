"""Random frames, which are the same on every run."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from plugin_sdk.data import EnumConfig, Field, FieldConfig, FieldType, Frame, FrameMeta, Notice

SETTINGS = settings(
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
zones = st.sampled_from([None, UTC, timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(hours=11))])
instants = st.datetimes(datetime(1678, 1, 1), datetime(2262, 1, 1), timezones=zones)  # type: ignore[arg-type]
documents = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
_VALUES: dict[FieldType, st.SearchStrategy[Any]] = {
    FieldType.FLOAT64: st.floats(),
    FieldType.FLOAT32: st.floats(width=32),
    FieldType.STRING: texts,
    FieldType.BOOL: st.booleans(),
    FieldType.TIME: instants,
    FieldType.JSON: documents.filter(lambda document: document is not None),
    FieldType.ENUM: st.integers(0, 2),
    **{FieldType.of(f"int{bits}"): st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{FieldType.of(f"uint{bits}"): st.integers(0, 2**bits - 1) for bits in (8, 16, 32, 64)},
}  # fmt: skip


@st.composite
def fields(draw: st.DrawFn, rows: int) -> Field:
    kind = draw(st.sampled_from(list(FieldType)))
    nullable = draw(st.booleans())
    values = _VALUES[kind] | st.none() if nullable else _VALUES[kind]
    config = FieldConfig(enum=EnumConfig(["a", "b", "c"])) if kind is FieldType.ENUM else None
    return Field(
        draw(texts),
        draw(st.lists(values, min_size=rows, max_size=rows)),
        type=kind,
        labels=draw(st.none() | st.dictionaries(texts, texts, max_size=3)),
        config=config or draw(st.sampled_from([None, FieldConfig(), FieldConfig(unit="s", decimals=2)])),
        nullable=True if nullable else None,
    )


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    rows = draw(st.integers(0, 20))
    count = draw(st.integers(0, 4))
    meta = draw(st.sampled_from([None, FrameMeta(), FrameMeta(notices=[Notice("n")], custom={"a": [1.5]})]))
    held = [draw(fields(rows)) for _ in range(count)]
    return Frame(draw(texts), *held, ref_id=draw(texts), meta=meta)


def same(found: list[Any], expected: list[Any]) -> bool:
    """Return True if values are equal, with NaN equal to NaN and naive instants in UTC."""
    return len(found) == len(expected) and all(map(_alike, found, expected))


def _alike(found: Any, expected: Any) -> bool:
    if isinstance(expected, float) and math.isnan(expected):
        return isinstance(found, float) and math.isnan(found)
    if isinstance(expected, datetime) and expected.tzinfo is None:
        expected = expected.replace(tzinfo=UTC)
    return type(found) is type(expected) and bool(found == expected)
