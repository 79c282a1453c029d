"""Return values of handlers, and the instances that an alert rule makes of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as limits

from plugin_sdk.data import Field, Frame, FrameMeta, FrameType, frames_from_any
from tests.sdk.data.conftest import Judge
from tests.sdk.data.verdicts import decoded, instances, judged, verdict

pytestmark = pytest.mark.go

T0 = datetime(2026, 3, 29, tzinfo=UTC)
MINUTES = [T0 + timedelta(minutes=minute) for minute in range(4)]
BACKWARDS = MINUTES[::-1]
Make = Callable[[], Any]


def _wide(times: Any, **columns: Any) -> Frame:
    labelled = [Field("v", values, labels={"s": name}) for name, values in columns.items()]
    return Frame("w", Field("time", times), *labelled)


# Return value: the instances by label values, with the value that a rule sees.
SHAPES: dict[str, tuple[Make, dict[tuple[str, ...], Any]]] = {
    "wide": (lambda: _wide(MINUTES, a=[1, 2, 3, 4], b=[5, 6, 7, 8]), {("a",): 4, ("b",): 8}),
    "wide, last is null": (lambda: _wide(MINUTES, a=[1.0, 2.0, 3.0, None]), {("a",): None}),
    "wide, last is NaN": (lambda: _wide(MINUTES, a=[1.0, 2.0, 3.0, float("nan")]), {("a",): "NaN"}),
    "a number table": (lambda: {"s": ["a", "b"], "v": [1, 2]}, {("a",): 1, ("b",): 2}),
    "a number table with a null text": (lambda: {"s": ["a", None], "v": [1, 2]}, {("a",): 1, ("",): 2}),
    "one number": (lambda: {"v": [7]}, {(): 7}),
    "a flag and a number": (
        lambda: {"up": [True, False], "v": [1, 2]},
        {("true",): 1, ("false",): 2},
    ),
    "a flag, a text and a number": (
        lambda: {"s": ["a", "a"], "up": [True, False], "v": [1, 2]},
        {("a", "true"): 1, ("a", "false"): 2},
    ),
    "a null flag": (
        lambda: {"s": ["a", "b"], "up": [True, None], "v": [1, 2]},
        {("a", "true"): 1, ("b", ""): 2},
    ),
    "flags of numpy": (lambda: {"up": np.array([True, False]), "v": [1, 2]}, {("true",): 1, ("false",): 2}),
    "flags of pandas": (
        lambda: pd.DataFrame({"up": pd.array([True, None], "boolean"), "v": [1, 2]}),
        {("true",): 1, ("",): 2},
    ),
    "flags of polars": (
        lambda: pl.DataFrame({"up": [True, False], "v": [1, 2]}),
        {("true",): 1, ("false",): 2},
    ),
    "one row of labelled numbers": (
        lambda: Frame("n", Field("v", [1], labels={"s": "a"}), Field("v", [2], labels={"s": "b"})),
        {("a",): 1, ("b",): 2},
    ),
    "long": (
        lambda: {"time": MINUTES, "s": ["a", "b", "a", "b"], "v": [1, 2, 3, 4]},
        {("a",): 3, ("b",): 4},
    ),
    "long with a null text": (
        lambda: {"time": MINUTES, "s": ["a", None, "a", None], "v": [1, 2, 3, 4]},
        {("a",): 3, ("",): 4},
    ),
    "long with a flag": (
        lambda: {"time": MINUTES, "up": [True, False, True, False], "v": [1, 2, 3, 4]},
        {("true",): 3, ("false",): 4},
    ),
    "long of one series' flags": (
        lambda: {"time": MINUTES, "s": ["a", "b", "a", "b"], "up": [True, True, False, True]},
        {("a",): 0, ("b",): 1},
    ),
    "flags over time": (lambda: {"time": MINUTES, "up": [True, True, True, False]}, {(): 0}),
    "wide, newest first": (lambda: _wide(BACKWARDS, a=[4, 3, 2, 1]), {("a",): 4}),
    "several wide, newest first": (
        lambda: [_wide(BACKWARDS, a=[4, 3, 2, 1]), _wide(MINUTES, b=[1, 2, 3, 4])],
        {("a",): 4, ("b",): 4},
    ),
    "a table, newest first": (lambda: {"time": BACKWARDS, "v": [4, 3, 2, 1]}, {(): 4}),
    "rows, newest first": (
        lambda: [{"time": time, "v": number} for time, number in zip(BACKWARDS, (4, 3, 2, 1), strict=True)],
        {(): 4},
    ),
    "pandas, newest first": (
        lambda: pd.DataFrame({"time": BACKWARDS, "v": [4, 3, 2, 1]}),
        {(): 4},
    ),
    "pandas of seconds, newest first": (
        lambda: pd.DataFrame({"time": np.array(["2026-01-02", "2026-01-01"], "M8[s]"), "v": [2, 1]}),
        {(): 2},
    ),
    "polars, newest first": (lambda: pl.DataFrame({"time": BACKWARDS, "v": [4, 3, 2, 1]}), {(): 4}),
    "long, newest first": (
        lambda: {"time": BACKWARDS, "s": ["a", "b", "a", "b"], "v": [4, 3, 2, 1]},
        {("a",): 4, ("b",): 3},
    ),
    "a long frame, newest first": (
        lambda: Frame.from_any({"time": BACKWARDS, "s": ["a", "b", "a", "b"], "v": [4, 3, 2, 1]}),
        {("a",): 4, ("b",): 3},
    ),
    "long, by series": (
        lambda: {"time": MINUTES[:2] * 2, "s": ["a", "a", "b", "b"], "v": [1, 2, 3, 4]},
        {("a",): 2, ("b",): 4},
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_results_become_alert_instances(judge: Judge, name: str) -> None:
    make, expected = SHAPES[name]

    assert instances(judge, make) == expected


UNORDERED: dict[str, Make] = {
    "wide": lambda: _wide([MINUTES[1], MINUTES[3], MINUTES[0]], a=[1, 3, 0]),
    "several": lambda: [_wide([MINUTES[1], MINUTES[3], MINUTES[0]], a=[1, 3, 0]), _wide(MINUTES, b=[3] * 4)],
    "long": lambda: {"time": [MINUTES[1], MINUTES[3], MINUTES[0]], "s": ["a", "a", "a"], "v": [1, 3, 0]},
}


@pytest.mark.parametrize("header", ["FromAlert", "X-Grafana-From-Expr", "http_X-Grafana-From-Expr"])
@pytest.mark.parametrize("name", UNORDERED)
def test_rows_in_any_order_are_sorted_for_a_rule_and_stay_for_a_panel(
    judge: Judge, name: str, header: str
) -> None:
    assert instances(judge, UNORDERED[name], {header: "true"})["a",] == 3
    assert decoded(UNORDERED[name])[0].fields[0].to_list() == [MINUTES[1], MINUTES[3], MINUTES[0]]


def test_a_table_of_two_numbers_and_a_text_is_read_as_numeric_long(judge: Judge) -> None:
    def table() -> Any:
        return {"s": ["a", "b"], "used": [1, 2], "free": [3, 4]}

    (frame,) = decoded(table)
    found = verdict(judge, table)["instances"]

    assert frame.meta is not None
    assert (frame.meta.type, frame.meta.type_version) == (FrameType.NUMERIC_LONG, (0, 1))
    assert [(one["name"], one["labels"], one["value"]) for one in found] == [
        ("used", {"s": "a"}, 1),
        ("free", {"s": "a"}, 3),
        ("used", {"s": "b"}, 2),
        ("free", {"s": "b"}, 4),
    ]


UNTYPED: dict[str, Make] = {
    "the author's own type": lambda: Frame.from_any(
        {"time": BACKWARDS, "v": [4, 3, 2, 1]}, meta=FrameMeta(type=FrameType.TABLE)
    ),
    "two rows of one text": lambda: {"s": ["a", "a"], "used": [1, 2], "free": [3, 4]},
    "a document": lambda: {"s": ["a"], "v": [1], "doc": [{}]},
    "two times": lambda: {"time": BACKWARDS, "until": BACKWARDS, "v": [1] * 4},
    "a null time": lambda: {"time": [*BACKWARDS[:3], None], "v": [1] * 4},
    "one time twice": lambda: {"time": [T0, T0], "s": ["a", "a"], "v": [1, 2]},
    "texts over time": lambda: {"time": MINUTES, "s": ["a"] * 4},
}


@pytest.mark.parametrize("name", UNTYPED)
def test_uncertain_shapes_are_left_unchanged(name: str) -> None:
    answer = UNTYPED[name]()
    plain = answer if isinstance(answer, Frame) else Frame.from_any(answer)

    (frame,) = decoded(UNTYPED[name])

    plain.ref_id = "A"
    assert frame.to_json() == plain.to_json()


def test_sorting_keeps_the_config_of_fields() -> None:
    from plugin_sdk.data import FieldConfig

    def answer() -> Frame:
        value = Field("v", [timedelta(seconds=2), timedelta(seconds=1)], labels={"s": "a"}, nullable=True)
        value.config = FieldConfig(display_name="V")
        return Frame("f", Field("time", BACKWARDS[:2]), value)

    (frame,) = decoded(answer)

    value = frame.fields[1]
    assert value.config is not None
    assert (value.config.display_name, value.config.unit, value.labels) == ("V", "s", {"s": "a"})
    assert (value.nullable, value.to_list()) == (True, [1.0, 2.0])


_times = st.lists(st.integers(0, 10**6), min_size=1, max_size=8)
_texts = st.sampled_from(["a", "b", "", None])


@given(st.data())
@limits(max_examples=150)
def test_a_rule_sees_the_newest_value_of_each_series(judge: Judge, data: st.DataObject) -> None:
    """For any order, texts and flags, the verdict on rows equals that of plain Python."""
    seconds = data.draw(_times)
    rows: list[dict[str, Any]] = [
        {
            "time": T0 + timedelta(seconds=one),
            "s": data.draw(_texts),
            "up": data.draw(st.booleans()),
            "v": number,
        }
        for number, one in enumerate(seconds)
    ]
    rows[0]["s"] = rows[0]["s"] or ""  # a column of nulls alone has no type and is read as numbers
    newest: dict[tuple[str, str], tuple[datetime, int]] = {}
    for row in rows:
        key = (row["s"] or "", "true" if row["up"] else "false")
        newest[key] = max(newest.get(key, (row["time"], row["v"])), (row["time"], row["v"]))
    points = {(row["time"], row["s"] or "", row["up"]) for row in rows}

    found = judged(judge, [frame.to_arrow() for frame in frames_from_any(rows, for_alert=True)])

    if len(points) < len(rows):
        assert found["state"] == "error"  # two values of one series at one time
        return
    values = {(one["labels"]["s"], one["labels"]["up"]): one["value"] for one in found["instances"]}
    assert (found["state"], values) == ("instances", {key: value for key, (_, value) in newest.items()})
