"""The results of pandas operations, and the fields that they become."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from plugin_sdk.data import Field, Frame, _hints
from tests.sdk.conftest import Lines
from tests.sdk.data.verdicts import decoded

HOURS = pd.date_range("2026-01-01", periods=2, freq="h", tz="UTC")
TIMES = [datetime(2026, 1, 1, hour, tzinfo=UTC) for hour in range(2)]
LONG = pd.DataFrame({"time": [*HOURS, *HOURS], "s": list("aabb"), "v": [1, 2, 3, 4], "w": [5, 6, 7, 8]})
WIDE = pd.DataFrame({"v": [1, 2]}, index=HOURS)


def _pivot() -> Any:
    return LONG.pivot(index="time", columns="s", values="v")


A, B = {"s": "a"}, {"s": "b"}
# Return value: the fields as name, labels and values.
SHAPES: dict[str, tuple[Callable[[], Any], list[tuple[str, dict[str, str] | None, list[Any]]]]] = {
    "pivot": (_pivot, [("time", None, TIMES), ("value", A, [1, 2]), ("value", B, [3, 4])]),
    "pivot, index reset": (
        lambda: _pivot().reset_index(),
        [("time", None, TIMES), ("value", A, [1, 2]), ("value", B, [3, 4])],
    ),
    "pivot of two values": (
        lambda: LONG.pivot(index="time", columns="s", values=["v", "w"]),
        [("time", None, TIMES), ("v", A, [1, 2]), ("v", B, [3, 4]), ("w", A, [5, 6]), ("w", B, [7, 8])],
    ),
    "unstack": (
        lambda: LONG.set_index(["time", "s"])["v"].unstack("s"),
        [("time", None, TIMES), ("value", A, [1, 2]), ("value", B, [3, 4])],
    ),
    "stack": (
        lambda: WIDE.stack(),
        [("time", None, TIMES), ("level_1", None, ["v", "v"]), ("value", None, [1, 2])],
    ),
    "concat with keys": (
        lambda: pd.concat([WIDE, WIDE], keys=["a", "b"]),
        [("level_0", None, list("aabb")), ("time", None, TIMES * 2), ("v", None, [1, 2, 1, 2])],
    ),
    "concat with named keys": (
        lambda: pd.concat([WIDE, WIDE], keys=["a", "b"], names=["s", "at"]),
        [("s", None, list("aabb")), ("at", None, TIMES * 2), ("v", None, [1, 2, 1, 2])],
    ),
    "a series with two nameless levels": (
        lambda: pd.Series([1, 2], index=pd.MultiIndex.from_tuples([("a", 7), ("b", 8)])),
        [("level_0", None, ["a", "b"]), ("level_1", None, [7, 8]), ("value", None, [1, 2])],
    ),
    "groupby": (
        lambda: LONG.groupby("s")["v"].agg(["min", "max"]),
        [("s", None, ["a", "b"]), ("min", None, [1, 3]), ("max", None, [2, 4])],
    ),
    "groupby of a dict": (
        lambda: LONG.groupby("s").agg({"v": ["min", "max"]}),
        [("s", None, ["a", "b"]), ("v min", None, [1, 3]), ("v max", None, [2, 4])],
    ),
    "groupby of intervals": (
        lambda: pd.Series([1, 2, 3]).groupby(pd.cut([1, 2, 3], [0, 2, 4]), observed=True).sum(),
        [("index", None, ["(0, 2]", "(2, 4]"]), ("value", None, [3, 3])],
    ),
    "an index of intervals": (
        lambda: pd.DataFrame({"v": [1, 2]}, index=pd.interval_range(0, 2)),
        [("index", None, ["(0, 1]", "(1, 2]"]), ("v", None, [1, 2])],
    ),
    "a column of intervals": (
        lambda: pd.DataFrame({"i": [*pd.interval_range(0, 1), None], "v": [1, 2]}).astype({"i": "interval"}),
        [("i", None, ["(0.0, 1.0]", None]), ("v", None, [1, 2])],
    ),
    "value_counts": (
        lambda: LONG["s"].value_counts(),
        [("s", None, ["a", "b"]), ("count", None, [2, 2])],
    ),
    "crosstab": (
        lambda: pd.crosstab(pd.Series(list("ab"), name="r"), pd.Series(list("xy"), name="c")),
        [("r", None, ["a", "b"]), ("x", None, [1, 0]), ("y", None, [0, 1])],
    ),
    "resample": (
        lambda: WIDE.resample("2h").sum(),
        [("time", None, TIMES[:1]), ("v", None, [3])],
    ),
    "an index of dates": (
        lambda: pd.DataFrame({"v": [1]}, index=[HOURS[0].date()]),
        [("time", None, TIMES[:1]), ("v", None, [1])],
    ),
    "an index that is a column too": (
        lambda: pd.DataFrame({"time": HOURS, "v": [1, 2]}).set_index("time", drop=False),
        [("time", None, TIMES), ("v", None, [1, 2])],
    ),
    "a count of the rows": (lambda: pd.DataFrame({"v": [1, 2]}), [("v", None, [1, 2])]),
    "a filtered count of the rows": (lambda: LONG[LONG["v"] > 3][["v"]], [("v", None, [4])]),
    "flags in a pivot": (
        lambda: LONG.assign(v=LONG["v"] > 1).pivot(index="time", columns="s", values="v"),
        [("time", None, TIMES), ("value", A, [False, True]), ("value", B, [True, True])],
    ),
    "texts in a pivot": (
        lambda: LONG.assign(v=["w", "x", "y", "z"]).pivot(index="time", columns="s", values="v"),
        [("time", None, TIMES), ("a", None, ["w", "x"]), ("b", None, ["y", "z"])],
    ),
}


def _told(field: Field) -> tuple[str, dict[str, str] | None, list[Any]]:
    return field.name, field.labels, field.to_list()


@pytest.mark.parametrize("name", SHAPES)
def test_pandas_results_become_fields(name: str) -> None:
    make, expected = SHAPES[name]

    assert [_told(field) for field in Frame.from_any(make()).fields] == expected


def test_a_pivot_reaches_grafana_as_labelled_series() -> None:
    (frame,) = decoded(_pivot)

    assert [_told(field) for field in frame.fields] == SHAPES["pivot"][1]


def test_times_without_a_zone_are_told_once(logged: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_hints, "_seen", {})
    naive = pd.DataFrame({"time": pd.to_datetime(["2026-01-01"]), "v": [1]})

    decoded(lambda: pd.DataFrame({"time": HOURS, "v": [1, 2]}))
    assert _hints.NAIVE_TIMES not in [line["@message"] for line in logged()]
    for _ in range(2):
        decoded(lambda: naive)

    assert [line["@message"] for line in logged()].count(_hints.NAIVE_TIMES) == 1
