from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from plugin_sdk.data import Field, FieldType, Frame, NoticeSeverity

SOURCES: dict[str, Any] = {
    "list": [1, 2, 3], "tuple": (1, 2, 3), "range": range(1, 4), "array": array("q", [1, 2, 3]),
    "numpy": np.array([1, 2, 3]), "pandas": pd.Series([1, 2, 3], index=[7, 5, 0]), "polars": pl.Series([1, 2, 3]),
    "Arrow": pa.array([1, 2, 3]), "Arrow in chunks": pa.chunked_array([[1], [2, 3]]),
    "memoryview": memoryview(array("q", [1, 2, 3])),
}  # fmt: skip


@pytest.mark.parametrize("values", SOURCES.values(), ids=SOURCES)
def test_the_first_rows_of_every_kind_of_column_are_kept(values: Any) -> None:
    field = Field("value", values, labels={"a": "b"}, type=FieldType.INT64)
    frame = Frame("values", field).limit_rows(2)

    assert frame.fields[0].to_list() == [1, 2]
    assert (frame.fields[0].labels, frame.fields[0].type) == ({"a": "b"}, FieldType.INT64)
    assert frame.meta is not None
    assert [(notice.text, notice.severity) for notice in frame.meta.notices or []] == [
        ("only the first 2 rows are shown", NoticeSeverity.WARNING)
    ]


def test_rows_of_a_decoded_frame_keep_their_type() -> None:
    decoded = Frame.from_arrow(Frame("values", Field("value", [1, None, 3], type="int8")).to_arrow())

    field = decoded.limit_rows(2).fields[0]

    assert (field.to_list(), field.type) == ([1, None], FieldType.INT8)


@pytest.mark.parametrize("limit", [3, 4])
def test_a_frame_within_the_limit_has_no_notice(limit: int) -> None:
    assert Frame("values", Field("value", [1, 2, 3])).limit_rows(limit).meta is None
    assert Frame.from_rows([(1,), (2,), (3,)], ["value"], limit=limit).meta is None


def test_no_more_rows_are_read_than_needed() -> None:
    read = []

    def rows() -> Iterator[tuple[int]]:
        for number in range(1000):
            read.append(number)
            yield (number,)

    frame = Frame.from_rows(rows(), ["value"], limit=5)

    assert (len(frame), len(read)) == (5, 6)
    assert frame.meta is not None
    assert frame.meta.notices


def test_a_limit_of_none_keeps_no_row() -> None:
    assert len(Frame.from_rows([(1,), (2,)], ["value"], limit=0)) == 0
