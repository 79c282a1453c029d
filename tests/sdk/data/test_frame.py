"""What a frame refuses, and how the error locates it."""

from __future__ import annotations

import tracemalloc
from array import array
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from plugin_sdk.data import (
    DataLink,
    EnumConfig,
    Field,
    FieldConfig,
    FieldType,
    Frame,
    FrameError,
    FrameMeta,
    MappingResult,
    Notice,
    QueryStat,
    RangeMapping,
    SpecialMapping,
    SpecialValue,
    Threshold,
    Thresholds,
    ValueMapping,
    frames_from_any,
)

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)

REFUSED: dict[str, tuple[Any, dict[str, Any], str]] = {
    "two types": ([1, "a"], {}, "row 1: str 'a' is string, but row 0 is int64; the values of a field have one type"),
    "a flag among numbers": ([1, True], {}, "row 1: bool True is bool, but row 0 is int64; the values of a field have one type"),
    "a duration among numbers": (
        [timedelta(seconds=1), 1], {},
        "row 1: int 1 is int64, but row 0 is a duration; the values of a field have one type",
    ),
    "bytes": (
        [None, b"x"], {},
        "row 1: bytes b'x' cannot be a value of a field; expected None, bool, int, float, Decimal, str, datetime, "
        "date, time, timedelta, UUID, Enum, dict, list or tuple; decode it to str first",
    ),
    "a number too large": ([0, 2**64], {}, "row 1: int 18446744073709551616 does not fit a uint64 field; expected a whole number within its range"),
    "a number too large for its type": ([1, 300], {"type": "int8"}, "row 1: int 300 does not fit a int8 field; expected a whole number within its range"),
    "a fraction in a whole field": ([1, 1.5], {"type": "int64"}, "row 1: float 1.5 does not fit a int64 field; expected a whole number within its range"),
    "a whole number no float holds": ([0.5, 2**53 + 1], {}, "row 1: a float64 field cannot represent the whole number 9007199254740993 exactly"),
    "an instant too late": ([NOW, datetime(2500, 1, 1)], {}, "row 1: datetime datetime.datetime(2500, 1, 1, 0, 0) is outside 1677-09-21 to 2262-04-11, the range of a time field"),
    "numbers for times": ([1700000000], {"type": "time"}, "row 0: int 1700000000 does not fit a time field; expected a datetime or a date (for numbers: Field.from_epoch)"),
    "half a surrogate pair": (["a", "\ud800"], {}, "row 1: str '\\ud800' does not fit a string field; expected text"),
    "NaN inside JSON": ([{"a": float("nan")}], {}, "row 0: dict {'a': nan} does not fit a json field; expected what json.dumps can write, or bytes of JSON"),
    "bytes that are no JSON": ([b"{"], {"type": "json"}, "row 0: bytes b'{' is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    "null where there may be none": ([1, None], {"nullable": False}, "row 1: null in a field that is not nullable"),
    "a float32 too large": ([1e300], {"type": "float32"}, "row 0: float 1e+300 does not fit a float32 field; expected a number within its range"),
    "an instant too late, numpy": (np.array(["2026-01-01", "2500-01-01"], "M8[us]"), {}, "row 1: 2500-01-01T00:00:00.000000 is outside 1677-09-21 to 2262-04-11, the range of a time field"),
    "an instant too late, Arrow": (pa.array([0, None, 10**15], pa.timestamp("ms")), {}, "row 2: the instant is outside 1677-09-21 to 2262-04-11, the range of a time field"),
    "numpy bytes": (np.array([b"x"]), {}, "numpy's |S1 has no field type; decode it to str first"),
    "numpy complex": (np.array([1j]), {}, "numpy's complex128 has no field type"),
    "numpy matrix": (np.zeros((2, 2)), {}, "an array of shape (2, 2) is not a column; expected one dimension"),
    "numpy generic span": ([np.timedelta64(1, "M")], {}, "row 0: timedelta64 np.timedelta64(1,'M') has no fixed length; expected a timedelta64 of weeks or less"),
    "polars binary": (pl.Series([b"x"]), {}, "Arrow's type 'vz' has no field type; binary has no field type, decode it to text first"),
    "Arrow union": (pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["a", "b"])]), {}, "row 1: str 'b' is string, but row 0 is int64; the values of a field have one type"),
    "Arrow interval": (pa.array([(1, 2, 3)], pa.month_day_nano_interval()), {}, "Arrow's type 'tin' has no field type"),
    "Arrow bad JSON": (pa.array(["{"], pa.json_()), {}, "row 0: bytes b'{' is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_value_is_named_with_frame_field_and_row(name: str) -> None:
    values, options, expected = REFUSED[name]
    separator = ", " if expected.startswith("row") else ": "

    with pytest.raises(FrameError) as caught:
        Frame("weather", Field("x", values, **options)).to_arrow()

    assert str(caught.value) == f'frame "weather", field "x"{separator}{expected}'


WRONG_CONFIG: dict[str, tuple[FieldConfig, str]] = {
    "decimals": (FieldConfig(decimals=1.5), "config.decimals is float 1.5; expected a whole number from 0 to 65535"),  # type: ignore[arg-type]
    "negative": (FieldConfig(decimals=-1), "config.decimals is int -1; expected a whole number from 0 to 65535"),
    "unit": (FieldConfig(unit=5), "config.unit is int 5; expected text"),  # type: ignore[arg-type]
    "min": (FieldConfig(min="1"), "config.min is str '1'; expected a number"),  # type: ignore[arg-type]
    "interval": (FieldConfig(interval=float("nan")), "config.interval is float nan; expected a finite number"),
    "links": (FieldConfig(links=[DataLink(url=1)]), "config.links[0].url is int 1; expected text"),  # type: ignore[arg-type]
    "thresholds": (FieldConfig(thresholds=Thresholds([Threshold(1), 2])), "config.thresholds.steps[1] is int 2; expected a Threshold"),  # type: ignore[list-item]
    "mode": (FieldConfig(thresholds=Thresholds([], "x")), "config.thresholds.mode is str 'x'; expected one of 'absolute', 'percentage'"),  # type: ignore[arg-type]
    "mappings": (FieldConfig(mappings=[{"1": "x"}]), "config.mappings[0] is dict {'1': 'x'}; expected a ValueMapping, RangeMapping or SpecialMapping"),  # type: ignore[list-item]
    "mapping": (FieldConfig(mappings=[ValueMapping({"1": MappingResult(text=1)})]), "config.mappings[0]['1'].text is int 1; expected text"),  # type: ignore[arg-type]
    "custom": (FieldConfig(custom={"a": object}), "config.custom cannot be written as JSON: Object of type type is not JSON serializable"),
    "enum": (FieldConfig(enum=EnumConfig("ab")), "config.enum.text is str 'ab'; expected a list"),  # type: ignore[arg-type]
    "surrogate": (FieldConfig(unit="\ud800"), "config.unit is not valid Unicode: surrogates not allowed"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_CONFIG)
def test_a_wrong_config_is_named_with_frame_and_field(name: str) -> None:
    config, expected = WRONG_CONFIG[name]

    with pytest.raises(FrameError) as caught:
        Frame("weather", Field("x", [1], config=config)).to_arrow()

    assert str(caught.value) == f'frame "weather", field "x": {expected}'


WRONG_META: dict[str, tuple[FrameMeta, str]] = {
    "version": (FrameMeta(type_version="0.1"), "meta.type_version is str '0.1'; expected two whole numbers, (major, minor)"),  # type: ignore[arg-type]
    "severity": (FrameMeta(notices=[Notice("n", "loud")]), "meta.notices[0].severity is str 'loud'; expected one of 'info', 'warning', 'error'"),  # type: ignore[arg-type]
    "inspect": (FrameMeta(notices=[Notice("n", inspect="data")]), "meta.notices[0].inspect is str 'data'; expected one of 0, 1, 2, 3, 4"),  # type: ignore[arg-type]
    "stat": (FrameMeta(stats=[QueryStat(value="1")]), "meta.stats[0].value is str '1'; expected a number"),  # type: ignore[arg-type]
    "row ids": (FrameMeta(unique_row_id_fields=[-1]), "meta.unique_row_id_fields[0] is int -1; expected a whole number from 0 to 2147483647"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_META)
def test_wrong_meta_is_named_with_the_frame(name: str) -> None:
    meta, expected = WRONG_META[name]

    with pytest.raises(FrameError) as caught:
        Frame("weather", Field("x", [1]), meta=meta).to_json()

    assert str(caught.value) == f'frame "weather": {expected}'


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (Frame("f", Field("a", [1]), Field("b", [])), 'frame "f", field "b": has 0 values; expected 1, as many as field "a"'),
        (Frame("f", Field("a", [1], labels={"n": 1})), "frame \"f\", field \"a\": the label 'n' is int 1; expected text for name and value"),  # type: ignore[dict-item]
        (Frame("f", Field("a", [1], labels={"n": "\ud800"})), "frame \"f\", field \"a\": the label 'n' is not valid Unicode: surrogates not allowed"),
        (Frame("f", Field(5, [1])), 'frame "f", field "5": the name is int 5; expected text'),  # type: ignore[arg-type]
        (Frame("f", [1, 2]), 'frame "f": field 0 is list [1, 2]; expected a Field'),  # type: ignore[arg-type]
        (Frame("f", ref_id=None), 'frame "f": ref_id is NoneType None; expected text'),  # type: ignore[arg-type]
        (Frame(ref_id="A", meta=FrameMeta(path=1)), 'frame "A": meta.path is int 1; expected text'),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_a_wrong_frame_says_what_is_wrong(frame: Frame, expected: str) -> None:
    with pytest.raises(FrameError) as caught:
        frame.check()

    assert str(caught.value) == expected


def test_an_unknown_type_lists_the_known_ones() -> None:
    with pytest.raises(
        FrameError, match=r"unknown field type 'double'; expected one of int8, .*float64.* enum"
    ):
        Field("x", [1], type="double")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([datetime(2026, 3, 29, 12)], NOW),
        ([date(2026, 3, 29)], NOW.replace(hour=0)),
        ([datetime(2026, 3, 29, 14, tzinfo=timezone(timedelta(hours=2)))], NOW),
        ([datetime(2026, 3, 29, 12), NOW], NOW),
        ([None, pd.Timestamp("2026-03-29 12:00", tz="UTC")], NOW),
        ([NOW, date(2026, 3, 30)], NOW),
    ],
)
def test_an_instant_without_a_zone_is_utc(values: list[Any], expected: datetime) -> None:
    found = [value for value in Field("time", values).to_list() if value is not None]

    assert found[0] == expected


def test_nanoseconds_of_pandas_and_numpy_are_kept() -> None:
    stamp = pd.Timestamp("2026-03-29 12:00:00.123456789")
    for values in (
        [stamp],
        [np.datetime64(stamp.value, "ns")],
        pd.Series([stamp]),
        np.array([stamp.value], "M8[ns]"),
    ):
        table = pa.ipc.open_file(Frame("f", Field("t", values)).to_arrow()).read_all()
        assert table["t"].cast(pa.int64()).to_pylist() == [stamp.value]


@pytest.mark.parametrize(
    ("unit", "number"), [("s", 1_700_000_000), ("ms", 1_700_000_000_000), ("ns", 17 * 10**17)]
)
def test_numbers_are_instants_with_a_unit(unit: str, number: int) -> None:
    field = Field.from_epoch("time", [number, None, float(number)], unit=unit)

    instant = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert field.to_list() == [instant, None, instant]


@pytest.mark.parametrize(
    ("values", "unit", "expected"),
    [
        ([1], "minutes", "unknown unit 'minutes'; expected one of s, ms, us, ns"),
        ([1, "x"], "s", "row 1: str 'x'"),
    ],
)
def test_an_instant_needs_a_number_and_a_known_unit(values: list[Any], unit: str, expected: str) -> None:
    with pytest.raises(FrameError, match=expected):
        Field.from_epoch("time", values, unit=unit)


class Color(Enum):
    RED = "red"


def test_enum_members_become_values_and_enum_texts_become_numbers() -> None:
    states = FieldConfig(enum=EnumConfig(["up", "down"]))

    assert Field("x", [Color.RED, None]).to_list() == ["red", None]
    assert Field("x", ["down", "up", 1], type="enum", config=states).to_list() == [1, 0, 1]
    with pytest.raises(FrameError, match="row 0: str 'off' does not fit a enum field"):
        Field("x", ["off"], type="enum", config=states).check()


def test_durations_are_seconds_with_that_unit_by_default() -> None:
    lists, series = [timedelta(minutes=1)], pd.Series([pd.Timedelta("1min")])
    for values in (lists, series, pl.Series(lists), pa.array(lists)):
        frame = Frame.from_arrow(Frame("f", Field("x", values)).to_arrow())
        assert frame.fields[0].config == FieldConfig(unit="s")
        assert frame.fields[0].values == [60.0]
    assert Field("x", lists, config=FieldConfig(unit="dtdurations")).check().config == {"unit": "dtdurations"}


def test_an_array_of_the_standard_library_keeps_its_width() -> None:
    assert Field("x", array("h", [1, -2])).type is FieldType.INT16
    assert Field("x", array("d", [0.5])).to_list() == [0.5]
    assert Field("x", array("q", [1]), type="float64").to_list() == [1.0]
    with pytest.raises(FrameError, match="array of characters"):
        Field("x", array("u", "ab")).check()


@pytest.mark.parametrize("wanted", ["int64", "float64", "string"])
def test_a_requested_type_is_used_for_every_kind_of_values(wanted: str) -> None:
    whole = np.array([1, 2], "i4")
    for values in ([1, 2], whole, pd.Series(whole), pa.array(whole), pl.Series(whole), array("i", [1, 2])):
        field = Field("x", values, type=wanted)
        assert field.type.value == wanted
        assert field.to_list() == {"string": ["1", "2"]}.get(wanted, [1, 2])


def test_nan_is_null_only_where_pandas_stores_null_as_nan() -> None:
    nan = float("nan")
    kept = [[1.0, nan], np.array([1.0, nan]), pl.Series([1.0, nan]), pa.array([1.0, nan])]
    assert [Field("x", values).nullable for values in kept] == [False] * 4
    assert Field("x", pd.Series([1.0, nan])).to_list() == [1.0, None]


def test_columns_of_pandas_with_several_levels_are_labels() -> None:
    table = pd.DataFrame({"time": [NOW] * 2, "station": ["a", "b"], "value": [1, 2]})
    wide = table.pivot(index="time", columns=["station"], values=["value"])

    frame = Frame.from_any(wide)

    assert [(field.name, field.labels) for field in frame.fields] == [
        ("time", None),
        ("value", {"station": "a"}),
        ("value", {"station": "b"}),
    ]


@pytest.mark.parametrize(
    ("table", "names"),
    [
        (pd.DataFrame({"a": [1]}), ["a"]),
        (pd.DataFrame({"a": [1]}, index=["x"]), ["index", "a"]),
        (pd.DataFrame({"a": [1]}, index=pd.DatetimeIndex([NOW])), ["time", "a"]),
        (pd.DataFrame({"a": [1], "b": [2], "c": [3]}).set_index(["a", "b"]), ["a", "b", "c"]),
        (pd.Series([1]), ["value"]),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), ["a", "a"]),
        (pd.DataFrame([[1]]), ["0"]),
        (np.array([1.0]), ["value"]),
        (np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]), ["a", "b"]),
        (pl.Series("a", [1]), ["a"]),
        (pl.Series([1]), ["value"]),
        (pa.array([1]), ["value"]),
        ({"a": Field("b", [1])}, ["b"]),
        (Frame("f", Field("a", [1])), ["a"]),
    ],
)
def test_fields_are_named_after_columns_and_index(table: Any, names: list[str]) -> None:
    assert [field.name for field in Frame.from_any(table).fields] == names


def test_a_frame_without_rows_or_fields_is_valid() -> None:
    assert Frame.from_arrow(Frame("f").to_arrow()).fields == []
    assert bool(Frame()) is True
    assert len(Frame("f", Field("x", []))) == 0


@pytest.mark.parametrize(
    "table", [{"a": []}, {"time": np.array([], "M8[s]")}, pa.table({"a": pa.array([], pa.int8())})]
)
def test_a_table_without_rows_is_no_data(table: Any) -> None:
    (frame,) = frames_from_any(table)

    assert frame.fields == []


def test_an_empty_list_is_no_frames() -> None:
    assert frames_from_any([]) == []


def test_notices_are_added_and_fields_are_found_by_name() -> None:
    frame = (
        Frame("f", Field("a", [1]), Field("b", [2])).append_notices(Notice("x")).append_notices(Notice("y"))
    )

    assert frame.meta is not None
    assert [notice.text for notice in frame.meta.notices or []] == ["x", "y"]
    assert frame.field("b").values == [2]
    assert repr(frame) == "Frame('f', 2 fields, 1 rows)"
    assert repr(Field("a", [1], labels={"l": "m"})) == "Field('a', 1 values, labels={'l': 'm'})"
    with pytest.raises(FrameError, match="no field 'c'; available: 'a', 'b'"):
        frame.field("c")


def test_the_two_halves_of_the_json_make_the_whole() -> None:
    frame = Frame("f", Field("a", [1]))
    schema, data = frame.to_json("schema"), frame.to_json("data")

    assert frame.to_json() == schema[:-1] + "," + data[1:]


@pytest.mark.parametrize("unit", ["ns", "us"])
def test_a_million_rows_of_numpy_are_encoded_in_their_own_size(unit: str) -> None:
    times = np.arange(1_000_000).astype(f"M8[{unit}]")
    frame = Frame("f", Field("time", times), Field("value", np.arange(1_000_000) * 0.5))
    frame.to_arrow()

    tracemalloc.start()
    try:
        size = len(frame.to_arrow())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert size > 16_000_000
    assert peak <= 1.1 * size


@pytest.mark.parametrize("make", [lambda values: values, pd.Series, pl.Series, pa.array], ids=["numpy", "pandas", "polars", "arrow"])  # fmt: skip
def test_numbers_in_memory_are_not_copied_before_they_are_written(make: Any) -> None:
    values = np.arange(1000) * 0.5
    source = make(values)

    (piece,) = Field("x", source).check().column.data

    held = np.frombuffer(piece, "f8")  # type: ignore[arg-type]  # whatever it is, it lends its memory
    assert held.tolist() == values.tolist()
    expected = source.to_numpy() if hasattr(source, "to_numpy") else source
    assert held.__array_interface__["data"][0] == expected.__array_interface__["data"][0]


def test_every_kind_of_mapping_survives_a_round_trip() -> None:
    config = FieldConfig(
        mappings=[
            ValueMapping({"1": MappingResult("one", "red", 2)}),
            RangeMapping(1.5, None, MappingResult("some")),
            SpecialMapping(SpecialValue.EMPTY, MappingResult(color="blue")),
        ],
        thresholds=Thresholds([Threshold(), Threshold(80, "red")]),
    )
    frame = Frame("f", Field("x", [1], config=config))

    assert Frame.from_json(frame.to_json()).fields[0].config == config
    assert Frame.from_arrow(frame.to_arrow()).fields[0].config == config
