"""Every source gives the right type and values, and Grafana's decoder agrees."""

from __future__ import annotations

import io
import json
from contextlib import closing
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from plugin_sdk.data import Field, Frame
from tests.sdk.data.conftest import Judge
from tests.sdk.data.sources import COLUMNS, CURSORS, NAMES, SERIES, TABLES, TIMES, VALUES


def _pyarrow(frame: Frame) -> pa.Table:
    table = pa.ipc.open_file(io.BytesIO(frame.to_arrow())).read_all()
    table.validate(full=True)
    return table


@pytest.mark.parametrize("name", TABLES)
def test_a_table_gives_the_same_fields_in_every_library(name: str) -> None:
    frame = Frame.from_any(TABLES[name]())

    assert [field.name for field in frame.fields] == COLUMNS
    assert [field.type.value for field in frame.fields] == ["time", "float64", "string"]
    assert [field.to_list() for field in frame.fields] == [TIMES, VALUES, NAMES]


@pytest.mark.parametrize("name", TABLES)
def test_pyarrow_reads_the_same_from_what_is_written(name: str) -> None:
    table = _pyarrow(Frame.from_any(TABLES[name]()))

    times = [moment.replace(tzinfo=None) for moment in TIMES]
    assert table.to_pydict() == {"time": times, "value": VALUES, "name": NAMES}


@pytest.mark.go
@pytest.mark.parametrize("name", TABLES)
def test_the_go_sdk_reads_the_same_from_what_is_written(name: str, judge: Judge) -> None:
    answer = judge.ask("decode", arrow=Frame.from_any(TABLES[name]()).to_arrow())

    instants = [int(moment.timestamp() * 1000) for moment in TIMES]
    assert answer["types"] == ["time.Time", "*float64", "*string"]
    assert answer["json"]["data"] == {"values": [instants, VALUES, NAMES]}


@pytest.mark.parametrize("name", CURSORS)
def test_a_cursor_names_its_columns(name: str) -> None:
    cursor = CURSORS[name]()  # type: ignore[no-untyped-call]
    with closing(cursor.connection):
        frame = Frame.from_any(cursor)

    assert [field.name for field in frame.fields] == ["id", "value", "name"]
    assert [field.to_list() for field in frame.fields] == [[1, 2], [1.5, None], ["berlin", None]]


def _expected(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value


@pytest.mark.parametrize("name", SERIES)
def test_a_column_becomes_the_documented_type(name: str) -> None:
    make, kind, values = SERIES[name]
    field = Field("x", make())

    assert field.type.value == kind
    found = field.to_list()
    if name == "numpy picoseconds":
        found = [moment.replace(microsecond=0) for moment in found]
    assert found == [_expected(value) for value in values]
    assert len(_pyarrow(Frame("f", field))) == len(values) == len(field)


@pytest.mark.go
@pytest.mark.parametrize("name", SERIES)
def test_the_go_sdk_reads_every_column(name: str, judge: Judge) -> None:
    frame = Frame("f", Field("x", SERIES[name][0]()))

    assert judge.ask("decode", arrow=frame.to_arrow())["json"] == json.loads(frame.to_json())
