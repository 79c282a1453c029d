"""Properties of every frame, judged by pyarrow and the Go SDK."""

from __future__ import annotations

import io
import json
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given

from plugin_sdk.data import FieldType, Frame
from tests.sdk.data.conftest import Judge
from tests.sdk.data.strategies import SETTINGS, frames, same


def _values(frame: Frame) -> list[Any]:
    return [field.values for field in frame.fields]


def _described(frame: Frame) -> Any:
    return json.loads(frame.to_json("schema"))


@SETTINGS
@given(frames())
def test_arrow_round_trips_a_frame(frame: Frame) -> None:
    found = Frame.from_arrow(frame.to_arrow())

    assert _described(found) == _described(frame)
    assert all(map(same, _values(found), _values(frame)))
    assert found.to_arrow() == frame.to_arrow()


@SETTINGS
@given(frames())
def test_json_round_trips_a_frame(frame: Frame) -> None:
    found = Frame.from_json(frame.to_json())

    assert _described(found) == _described(frame)
    assert all(map(same, _values(found), _values(frame)))
    assert found.to_json() == frame.to_json()


@SETTINGS
@given(frames())
def test_pyarrow_reads_every_frame(frame: Frame) -> None:
    table = pa.ipc.open_file(io.BytesIO(frame.to_arrow())).read_all()
    table.validate(full=True)

    assert table.schema.metadata[b"name"].decode() == frame.name
    for column, field in zip(table.itercolumns(), frame.fields, strict=True):
        found = column.cast(pa.int64()).to_pylist() if field.type is FieldType.TIME else column.to_pylist()
        assert same(found, [_as_pyarrow(value, field.type) for value in field.values])


def _as_pyarrow(value: Any, kind: FieldType) -> Any:
    if value is None or kind not in (FieldType.TIME, FieldType.JSON):
        return value
    if kind is FieldType.JSON:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    past = value - datetime(1970, 1, 1, tzinfo=None if value.tzinfo is None else value.tzinfo)
    past -= value.utcoffset() or timedelta()
    return past // timedelta(microseconds=1) * 1000


@pytest.mark.go
@SETTINGS
@given(frame=frames())
def test_the_go_sdk_reads_every_frame_as_we_describe_it(judge: Judge, frame: Frame) -> None:
    found = judge.ask("decode", arrow=frame.to_arrow())["json"]

    assert _equal(found, json.loads(frame.to_json()))


def _equal(found: Any, expected: Any) -> bool:
    """Return True if equal as JSON; Go may write a float without a decimal point."""
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(_equal(found[key], expected[key]) for key in expected)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(_equal, found, expected))
    return bool(found == expected or (isinstance(expected, float) and float(found) == expected))
