"""The edge cases of each source and of each decoder."""

from __future__ import annotations

import json
import sys
from array import array
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from plugin_sdk.data import Field, FieldType, Frame, FrameError, frames_from_any, long_to_wide
from plugin_sdk.data._arrow.flatbuffers import OFFSET as POINTER
from plugin_sdk.data._arrow.flatbuffers import Writer, root

T0 = datetime(2026, 3, 29, tzinfo=UTC)


def _nanoseconds(frame: Frame) -> list[int | None]:
    column = pa.ipc.open_file(frame.to_arrow()).read_all()["t"]
    found: list[int | None] = column.cast(pa.int64()).to_pylist()
    return found


@pytest.mark.parametrize("numpy", [True, False], ids=["with numpy", "without numpy"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_arrow_instants_of_any_unit_become_nanoseconds(
    unit: str, numpy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = pa.array([-1, 7, None], pa.timestamp(unit))
    if not numpy:
        monkeypatch.delitem(sys.modules, "numpy")

    factor = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[unit]
    assert _nanoseconds(Frame("f", Field("t", values))) == [-factor, 7 * factor, None]
    assert _nanoseconds(Frame("f", Field("t", values.slice(1, 1)))) == [7 * factor]


@pytest.mark.parametrize("numpy", [True, False], ids=["with numpy", "without numpy"])
def test_an_instant_too_late_is_named_by_its_row_among_all_chunks(
    numpy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = pa.chunked_array([pa.array([1, 2], pa.timestamp("s")), pa.array([3, 10**15], pa.timestamp("s"))])
    if not numpy:
        monkeypatch.delitem(sys.modules, "numpy")

    with pytest.raises(FrameError, match="row 3: the instant is outside"):
        Field("t", chunks).check()


def test_the_memory_of_a_null_is_ignored() -> None:
    raw = pa.array([1, 2**62], pa.int64())
    bitmap = pa.py_buffer(b"\x01")
    values = pa.Array.from_buffers(pa.timestamp("s"), 2, [bitmap, raw.buffers()[1]])

    assert Field("t", values).to_list() == [datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), None]


@pytest.mark.parametrize("numpy", [True, False], ids=["with numpy", "without numpy"])
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_text_of_any_offset_width_and_slice_is_the_same(
    kind: Any, numpy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = pa.chunked_array(
        [pa.array(["no", "ä", None, "longer than twelve"], kind).slice(1), pa.array(["z"], kind)]
    )
    if not numpy:
        monkeypatch.delitem(sys.modules, "numpy")

    assert Field("x", values).to_list() == ["ä", None, "longer than twelve", "z"]


def test_more_text_than_a_field_can_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugin_sdk.data._arrow_memory.buffers.MAX_INT32", 3)

    with pytest.raises(FrameError, match="more than 2 GiB of text"):
        Field("x", pa.array(["four"], pa.large_string())).check()


def test_texts_that_are_too_long_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def offsets_of(lengths: Any) -> Any:
        if len(list(lengths)) > 1:
            raise OverflowError("too long")
        return None

    monkeypatch.setattr("plugin_sdk.data._convert.python.offsets_of", offsets_of)

    with pytest.raises(FrameError, match="the values together do not fit a string field: too long"):
        Field("x", ["a", "b"]).check()


NESTED: dict[str, tuple[Any, Any]] = {
    "flags": (pa.array([[True, None, False]]), [[True, None, False]]),
    "dictionary with nulls": (pa.array(["a", None, "a"]).dictionary_encode(), ["a", None, "a"]),
    "dictionary in a list": (pa.array([["a", "a"]], pa.list_(pa.dictionary(pa.int8(), pa.string()))), [["a", "a"]]),
    "slice of lists": (pa.array([[1], [2, 3], None, [4]]).slice(1), [[2, 3], None, [4]]),
    "slice of structs": (pa.array([{"a": 1}, {"a": 2}]).slice(1), [{"a": 2}]),
    "slice of fixed lists": (pa.array([[1, 2], [3, 4]], pa.list_(pa.int8(), 2)).slice(1), [[3, 4]]),
    "no items": (pa.array([[], None], pa.list_(pa.int8())), [[], None]),
    "views": (pa.array([["x", "longer than twelve"]], pa.list_(pa.string_view())), [["x", "longer than twelve"]]),
    "decimal": (pa.array([[Decimal("1.5")]]), [[1.5]]),
    "negative scale": (pa.array([Decimal("1E3")], pa.decimal128(5, -3)), [1000.0]),
    "struct of nulls": (pa.array([{"a": None, "b": [1]}]), [{"a": None, "b": [1]}]),
    "instants": (pa.array([[T0, None]], pa.list_(pa.timestamp("ns"))), [["2026-03-29T00:00:00Z", None]]),
}  # fmt: skip


@pytest.mark.parametrize("name", NESTED)
def test_nested_arrow_values_are_json(name: str) -> None:
    values, expected = NESTED[name]

    assert Field("x", values).to_list() == expected


REFUSED_ARROW: dict[str, tuple[Callable[[], Any], str]] = {
    "nested": (lambda: pa.array([[b"x"]]), "Arrow's type 'z' has no field type"),
    "in a table": (lambda: pa.table({"a": [1], "b": [b"x"]}), 'field "b": Arrow\'s type'),
    "date": (
        lambda: pa.array([2**30], pa.int32()).cast(pa.date32()),
        "a date is outside the years 1 to 9999",
    ),
    "run ends of bytes": (
        lambda: pa.RunEndEncodedArray.from_arrays([1], [b"a"]),
        "cannot be a value of a field",
    ),
    "failing stream": (lambda: _failing(), "the table could not be read: .*broken pipe of the author"),
}


def _failing() -> Any:
    def batches() -> Any:
        yield pa.RecordBatch.from_pydict({"a": [1]})
        raise ValueError("broken pipe of the author")

    return pa.RecordBatchReader.from_batches(pa.schema([("a", pa.int64())]), batches())


@pytest.mark.parametrize("name", REFUSED_ARROW)
def test_arrow_that_has_no_field_type_is_refused_by_name(name: str) -> None:
    make, expected = REFUSED_ARROW[name]

    with pytest.raises(FrameError, match=expected):
        frames_from_any(make())[0].to_arrow()


def test_binary_is_accepted_for_a_json_field() -> None:
    assert Field("x", pa.array([b"[1]", None]), type="json").to_list() == [[1], None]


@pytest.mark.parametrize(
    "make",
    [
        lambda ns: np.array([ns, "NaT"], "M8[ns]"),
        lambda ns: pa.array([ns, None], pa.timestamp("ns")),
        lambda ns: pd.Series(pd.to_datetime([ns, None])),
    ],
    ids=["numpy", "arrow", "pandas"],
)
@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (1_704_067_200_500_000_000, "2024-01-01T00:00:00.5Z"),
    ],
)
def test_instants_can_become_text(make: Any, ns: int, text: str) -> None:
    assert Field("t", make(ns), type="string").to_list() == [text, None]
    assert Field("t", make(ns), type="json").to_list() == [text, None]


def test_an_arrow_instant_can_become_text_only_through_a_known_type() -> None:
    with pytest.raises(FrameError, match="does not fit a bool field; expected True or False"):
        Field("x", pa.array([0], pa.timestamp("s")), type="bool").check()


class Readings(np.ndarray[Any, Any]):
    """A subclass of array by the author."""


class Table(pd.DataFrame):  # type: ignore[misc]  # pandas has no types here
    """A subclass of DataFrame by the author."""


def test_subclasses_of_numpy_and_pandas_are_recognised() -> None:
    values = np.array([1, 2], "i2").view(Readings)
    fields = Frame.from_any(Table({"a": [1.0, float("nan")]})).fields

    assert Field("x", values).type is FieldType.INT16
    assert fields[0].to_list() == [1.0, None]


def test_pandas_columns_that_fail_are_named() -> None:
    table = pd.DataFrame({"good": [1], "bad": [{1, 2}]})
    with pytest.raises(FrameError, match=r'field "bad", row 0: set \{1, 2\} cannot be a value'):
        Frame.from_any(table)
    with pytest.raises(FrameError, match="is not a table; expected a DataFrame or a Series"):
        Frame.from_any(pd.Timestamp(0))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([np.datetime64("NaT", "s"), np.datetime64("2026-03", "M")], [None, datetime(2026, 3, 1, tzinfo=UTC)]),
        ([np.float32(0.5), None], [0.5, None]),
        ([np.bool_(True)], [True]),
        ([np.str_("a")], ["a"]),
        (np.array([3], "m8[W]"), [3 * 604800.0]),
        (np.array([10**12], "m8[ps]"), [1.0]),
        (np.ma.MaskedArray(np.array([1, 2], "M8[s]"), [True, False]), [None, datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC)]),
    ],
)  # fmt: skip
def test_numpy_scalars_are_converted(values: Any, expected: list[Any]) -> None:
    assert Field("x", values).to_list() == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([np.datetime64(1, "ps")], "row 0: .* is finer than a nanosecond"),
        ([np.longdouble(1)], "row 0: longdouble .* cannot be a value of a field"),
        ([np.dtype("f8")], "cannot be a value of a field"),
        (np.array([object()]), "cannot be a value of a field"),
        pytest.param(
            np.array([1], "g"),
            "numpy's float128 has no field type",
            marks=pytest.mark.skipif(np.dtype("g").itemsize == 8, reason="optional: no wider float here"),
        ),
    ],
)
def test_numpy_values_without_a_type_are_refused(values: Any, expected: str) -> None:
    with pytest.raises(FrameError, match=expected):
        Field("x", values).check()


def test_dates_and_durations_inside_json_are_text_and_numbers() -> None:
    day, uuid = date(2026, 3, 29), UUID(int=1)
    value = {"d": day, "t": time(1, 2), "at": T0, "u": uuid, "n": Decimal("1.5"), "s": timedelta(seconds=2)}

    (found,) = Field("x", [value]).to_list()

    assert found == {
        "d": "2026-03-29",
        "t": "01:02:00",
        "at": T0.isoformat(),
        "u": str(uuid),
        "n": 1.5,
        "s": 2.0,
    }


@pytest.mark.parametrize(
    ("values", "expected"), [([date(2026, 3, 29)], ["2026-03-29"]), ([5, Decimal("1.50")], ["5", "1.50"])]
)
def test_text_can_be_requested(values: list[Any], expected: list[str]) -> None:
    assert Field("x", values, type=FieldType.STRING).to_list() == expected


@pytest.mark.parametrize(
    ("values", "kind"), [([True], "float64"), (["1"], "float64"), ([True], "string"), ([1.0], "string")]
)
def test_a_value_of_another_kind_is_not_coerced(values: list[Any], kind: str) -> None:
    with pytest.raises(FrameError, match=f"row 0: .* does not fit a {kind} field"):
        Field("x", values, type=kind).check()


def test_the_json_of_a_field_is_strict() -> None:
    with pytest.raises(FrameError, match="NaN is not JSON"):
        Field("x", [b"[NaN]"], type="json").check()


def test_the_type_of_a_bad_field_names_the_field() -> None:
    with pytest.raises(FrameError, match='field "x", row 1'):
        _ = Field("x", [1, "a"]).type


def test_a_decoded_field_keeps_its_type() -> None:
    column = Field("x", [1]).check().column

    with pytest.raises(FrameError, match="a decoded int64 field cannot become string"):
        Field("x", column, type="string").check()


def test_two_text_fields_of_one_name_are_refused_as_labels() -> None:
    frame = Frame("f", Field("t", [T0]), Field("s", ["a"]), Field("s", ["b"]), Field("v", [1]))
    with pytest.raises(FrameError, match="two text fields have the same name; found s, s"):
        long_to_wide(frame)


@pytest.mark.parametrize("options", [{"sort": True}, {}])
def test_a_frame_without_time_is_not_a_series(options: dict[str, bool]) -> None:
    with pytest.raises(FrameError, match="has no time field" if options else "is a not series"):
        long_to_wide({"s": ["a"], "v": [1]}, **options)


def test_a_fill_that_does_not_fit_the_type_names_the_field() -> None:
    rows = [(T0, "a", 1), (T0 + timedelta(1), "b", 2)]
    frame = Frame.from_rows(rows, ["t", "s", "v"])
    with pytest.raises(FrameError, match=r'field "v", row 1: float 0\.5 does not fit a int64 field'):
        long_to_wide(frame, fill=0.5)


def test_an_error_while_looking_for_the_contract_names_the_frame() -> None:
    frame = Frame("named", Field("t", [T0]), Field("s", ["\ud800"]), Field("v", [1]))
    with pytest.raises(FrameError, match='frame "named", field "s", row 0'):
        frames_from_any(frame)


WRONG_JSON: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "nan": (lambda d: d["data"]["values"].__setitem__(0, [float("nan")]), "not JSON: NaN"),
    "other key": (lambda d: d.__setitem__("more", 1), "a frame has schema and data; found data, more, schema"),
    "entities": (lambda d: d["data"].__setitem__("entities", [None]), "entities and nanos need 2 entries"),
    "entity row": (lambda d: d["data"].__setitem__("entities", [None, {"NaN": [5]}]), "has 'NaN' at 5, which is not a row"),
    "entity name": (lambda d: d["data"].__setitem__("entities", [None, {"Big": [0]}]), "has 'Big' at 0, which is not a row"),
    "nanos": (lambda d: d["data"].__setitem__("nanos", [[1, 2, 3], None]), "nanos has 3 entries; expected 1"),
    "time": (lambda d: d["data"]["values"].__setitem__(0, ["x"]), "row 0: str 'x' is not a time; expected whole milliseconds"),
    "columns": (lambda d: d["data"].__setitem__("values", [[]]), "data has 1 value lists; expected 2"),
    "type": (lambda d: d["schema"]["fields"][0].__setitem__("typeInfo", {"frame": "char"}), "unknown field type 'char'"),
    "no type": (lambda d: d["schema"]["fields"][0].pop("typeInfo"), "typeInfo is NoneType None; expected an object"),
    "null": (lambda d: d["data"]["values"].__setitem__(1, [None]), "row 0: null in a field that is not nullable"),
    "enum": (lambda d: d["schema"]["fields"][1].__setitem__("config", {"type": []}), "config.type is list []; expected an object"),
    "mapping": (lambda d: d["schema"]["fields"][1].__setitem__("config", {"mappings": [{"type": "x"}]}), "expected a mapping of type value, range or special"),
    "bool": (lambda d: d["schema"]["fields"][1].__setitem__("config", {"filterable": 1}), "config.filterable is int 1; expected true or false"),
    "labels": (lambda d: d["schema"]["fields"][1].__setitem__("labels", {"a": 1}), "the label 'a' is int 1; expected text"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_JSON)
def test_json_that_grafana_would_misread_is_refused(name: str) -> None:
    change, expected = WRONG_JSON[name]
    document = json.loads(Frame("f", Field("t", [T0]), Field("v", [1.5])).to_json())
    change(document)

    with pytest.raises(FrameError) as caught:
        Frame.from_json(json.dumps(document))

    assert expected in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "nonsense", "[" * 100_000, b"\xff", '{"schema":'])
def test_text_that_is_not_a_frame_is_refused(text: str | bytes) -> None:
    with pytest.raises(FrameError):
        Frame.from_json(text)


def _file(table: pa.Table, **options: Any) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        for batch in table.to_batches():
            writer.write_batch(batch)
    raw: bytes = sink.getvalue().to_pybytes()
    return raw


def test_several_batches_are_one_frame() -> None:
    part = pa.table({"s": ["a", None, "ü"], "b": [True, None, False], "i": [1, 2, 3]})
    empty = part.slice(0, 0)

    frame = Frame.from_arrow(_file(pa.concat_tables([part, empty, part.slice(1)])))

    assert frame.fields[0].to_list() == ["a", None, "ü", None, "ü"]
    assert frame.fields[1].to_list() == [True, None, False, None, False]
    assert frame.fields[2].to_list() == [1, 2, 3, 2, 3]


def test_a_batch_without_rows_is_read() -> None:
    batch = pa.RecordBatch.from_pydict({"s": pa.array([], pa.string())})

    assert Frame.from_arrow(_file(pa.Table.from_batches([batch]))).fields[0].to_list() == []


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"x": pa.array(["a"], pa.large_string())}),
        pa.table({"x": pa.array([1], pa.timestamp("ms"))}),
        pa.table({"x": pa.array(["a"]).dictionary_encode()}),
        pa.table({"x": [Decimal(1)]}),
        pa.table({"x": [[1]]}),
        pa.table({"x": pa.nulls(1)}),
    ],
)
def test_arrow_types_that_grafana_misreads_are_refused(table: pa.Table) -> None:
    with pytest.raises(FrameError, match='field "x": has an Arrow type that Grafana does not read'):
        Frame.from_arrow(_file(table))


def test_a_compressed_file_is_refused() -> None:
    with pytest.raises(FrameError, match="compressed"):
        Frame.from_arrow(_file(pa.table({"x": list(range(1000))}), compression="zstd"))


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        (b"labels", b"{", "labels is not JSON"),
        (b"labels", b"[]", r"labels is list \[\]; expected an object"),
        (b"labels", b'{"a":1}', "the label 'a' is int 1"),
        (b"config", b'{"unit":1}', "config.unit is int 1; expected text"),
    ],
)
def test_field_metadata_that_grafana_refuses_is_refused(key: bytes, value: bytes, expected: str) -> None:
    schema = pa.schema([pa.field("x", pa.int64(), metadata={key: value})])

    with pytest.raises(FrameError, match=f'field "x": {expected}'):
        Frame.from_arrow(_file(pa.table({"x": [1]}, schema=schema)))


def test_broken_text_and_json_in_a_file_are_named_by_row() -> None:
    text = pa.Array.from_buffers(pa.string(), 2, pa.array([b"a", b"\xff"]).buffers())
    with pytest.raises(FrameError, match='field "x", row 1: contains text that is not UTF-8'):
        Frame.from_arrow(_file(pa.table({"x": text})))
    with pytest.raises(FrameError, match=r'field "x", row 1: .* is not JSON'):
        Frame.from_arrow(_file(pa.table({"x": [None, b"{"]})))


@pytest.mark.parametrize("offsets", [[0, 3, 2], [-1, 0, 2], [0, 1, 99]])
def test_offsets_out_of_order_are_refused(offsets: list[int]) -> None:
    ordered, wrong = (array("i", edges).tobytes() for edges in ([0, 1, 3], offsets))
    good = _file(pa.table({"x": ["a", "bc"]}))
    assert good.count(ordered) == 1

    broken = good.replace(ordered, wrong)

    with pytest.raises(FrameError, match='field "x": the offsets of its values are out of order'):
        Frame.from_arrow(broken)


def test_overlapping_parts_are_refused_early() -> None:
    writer = Writer()
    table, members = writer.table([POINTER])
    vector = writer.offsets(100)
    writer.patch(members[0], vector)
    inner, pointers = writer.table([POINTER])
    writer.patch(pointers[0], writer.string("x" * 1000))
    for index in range(100):
        writer.patch(vector + 4 + 4 * index, inner)
    outer = root(memoryview(writer.finished(table)))

    with pytest.raises(FrameError, match="its parts overlap"):
        [one.string(0) for one in outer.tables(0)]


def test_polars_and_lazy_polars_are_read_alike() -> None:
    table = pl.DataFrame({"t": [T0], "s": ["a"], "v": [1]})
    (eager,), (lazy,) = frames_from_any(table), frames_from_any(table.lazy())

    assert eager.to_json() == lazy.to_json()
