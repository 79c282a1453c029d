"""The Go SDK encodes, we decode; we encode, the Go SDK decodes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from plugin_sdk.data import (
    DataLink,
    EnumConfig,
    Field,
    FieldConfig,
    Frame,
    FrameMeta,
    FrameType,
    InspectType,
    MappingResult,
    Notice,
    NoticeSeverity,
    QueryStat,
    RangeMapping,
    SpecialMapping,
    SpecialValue,
    Threshold,
    Thresholds,
    ThresholdsMode,
    ValueMapping,
    frames_from_any,
    long_to_wide,
    wide_to_long,
)
from tests.sdk.data.conftest import Judge, JudgeError

pytestmark = pytest.mark.go


def _decoded(judge: Judge, frame: Frame) -> dict[str, Any]:
    document: dict[str, Any] = judge.ask("decode", arrow=frame.to_arrow())["json"]
    return document


def test_every_frame_of_the_go_sdk_is_read_and_written_the_same(judge: Judge) -> None:
    cases = judge.ask("cases")["cases"]
    assert len(cases) >= 16
    for case in cases:
        frame = Frame.from_arrow(case["arrow"])
        assert json.loads(frame.to_json()) == case["json"], case["name"]
        theirs = judge.ask("decode", arrow=case["arrow"])["json"]
        assert _decoded(judge, frame) == theirs, case["name"]


def test_every_json_frame_of_the_go_sdk_is_read_and_written_the_same(judge: Judge) -> None:
    for case in judge.ask("cases")["cases"]:
        frame = Frame.from_json(json.dumps(case["json"]))
        assert json.loads(frame.to_json()) == case["json"], case["name"]


def test_our_json_means_the_same_to_the_go_sdk_as_our_arrow(judge: Judge) -> None:
    for case in judge.ask("cases")["cases"]:
        frame = Frame.from_arrow(case["arrow"])
        recoded = judge.ask("json", json=json.loads(frame.to_json()))["arrow"]
        expected = judge.ask("recode", arrow=case["arrow"])["arrow"]
        found, wanted = (json.loads(Frame.from_arrow(raw).to_json()) for raw in (recoded, expected))
        assert found == wanted, case["name"]


NOW = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
PLAIN: dict[str, tuple[list[Any], str]] = {
    "bool": ([True, False, True], "bool"),
    "int": ([1, -(2**63), 2**63 - 1], "int64"),
    "large int": ([1, 2, 2**64 - 1], "uint64"),
    "float": ([0.1, float("nan"), float("-inf")], "float64"),
    "decimal": ([Decimal("1.10"), Decimal(2), Decimal("-3e5")], "float64"),
    "str": (["a", "ü", ""], "string"),
    "uuid": ([UUID(int=1), UUID(int=2), UUID(int=3)], "string"),
    "datetime": ([NOW, NOW + timedelta(microseconds=1), NOW], "time.Time"),
    "date": ([date(2026, 1, 1), date(1970, 1, 1), date(2200, 1, 1)], "time.Time"),
    "timedelta": ([timedelta(seconds=1.5)] * 3, "float64"),
    "dict": ([{"a": [1, None]}, {}, {"ü": "x"}], "json.RawMessage"),
}


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("null", [False, True], ids=["plain", "nullable"])
def test_python_lists_reach_the_go_sdk_as_the_documented_type(judge: Judge, name: str, null: bool) -> None:
    values, expected = PLAIN[name]
    values = [*values, None] if null else values
    frame = Frame("f", Field("x", values))

    answer = judge.ask("decode", arrow=frame.to_arrow())

    assert answer["types"] == [f"*{expected}" if null else expected]
    assert answer["json"] == json.loads(frame.to_json())


@pytest.mark.parametrize("kind", ["int8", "int16", "int32", "uint8", "uint16", "uint32", "float32", "enum"])
def test_a_requested_type_reaches_the_go_sdk(judge: Judge, kind: str) -> None:
    frame = Frame("f", Field("x", [0, 1, None], type=kind, config=FieldConfig(enum=EnumConfig(["a", "b"]))))

    answer = judge.ask("decode", arrow=frame.to_arrow())

    assert answer["types"] == [f"*{kind}"]
    assert answer["json"]["data"]["values"] == [[0, 1, None]]


def test_all_of_config_and_meta_fits_the_go_structs(judge: Judge) -> None:
    config = FieldConfig(
        display_name="a",
        display_name_from_ds="b",
        path="c",
        description="d",
        filterable=False,
        writeable=True,
        unit="s",
        decimals=0,
        min=-1.5,
        max=2.5,
        interval=1000,
        mappings=[
            ValueMapping({"1": MappingResult(text="one", color="red", index=3)}),
            RangeMapping(1, None, MappingResult("some")),
            SpecialMapping(SpecialValue.NULL_AND_NAN, MappingResult("none")),
        ],
        thresholds=Thresholds([Threshold(), Threshold(80, "red", "alerting")], ThresholdsMode.PERCENTAGE),
        color={"mode": "fixed"},
        links=[
            DataLink("docs", "https://example.com", True),
            DataLink("in", internal={"datasourceUid": "x"}),
        ],
        no_value="-",
        enum=EnumConfig(["up"], ["green"], ["i"], ["d"]),
        custom={"lineWidth": 2},
    )
    meta = FrameMeta(
        type=FrameType.TABLE,
        type_version=(0, 1),
        path="p",
        path_separator="/",
        custom={"a": [1, None]},
        stats=[QueryStat(display_name="rows", value=12)],
        notices=[Notice("n", NoticeSeverity.WARNING, "/x", InspectType.DATA), Notice("m")],
        channel="ds/a/b",
        preferred_visualization="table",
        preferred_visualization_plugin_id="panel",
        executed_query_string="SELECT 1",
        data_topic="annotations",
        unique_row_id_fields=[0, 1],
    )
    frame = Frame("f", Field("x", [1.0], config=config), ref_id="A", meta=meta)

    schema = _decoded(judge, frame)["schema"]

    written = json.loads(frame.to_json())["schema"]
    del written["fields"][0]["config"]["links"][1]["internal"]["datasourceUid"]
    internal = schema["fields"][0]["config"]["links"][1]["internal"]
    assert internal.pop("datasourceUid") == "x"
    internal.clear()  # Go adds an empty time range
    assert schema == written


def _long() -> Frame:
    hours = [NOW, NOW, NOW + timedelta(hours=1), NOW + timedelta(hours=2), NOW + timedelta(hours=2)]
    return Frame(
        "long",
        Field("time", hours),
        Field("station", ["oslo", "berlin", "berlin", "berlin", "oslo"]),
        Field("indoor", [True, False, False, False, True]),
        Field("value", [1.0, 2.0, 3.0, 4.0, 5.0]),
        Field("count", [1, 2, 3, 4, 5]),
    )


@pytest.mark.parametrize(
    ("fill", "request_"),
    [("null", {"fill": "null"}), ("previous", {"fill": "previous"}), (7, {"fill": "value", "value": 7})],
)
def test_long_to_wide_is_that_of_the_go_sdk(judge: Judge, fill: Any, request_: dict[str, Any]) -> None:
    expected = judge.ask("wide", arrow=_long().to_arrow(), **request_)["json"]

    found = json.loads(long_to_wide(_long(), fill=fill).to_json())

    for schema in [*expected["schema"]["fields"], *found["schema"]["fields"]]:
        schema["typeInfo"].pop(
            "nullable", None
        )  # Go makes every field nullable, this SDK only those with nulls
    assert found == expected


def test_wide_to_long_is_that_of_the_go_sdk(judge: Judge) -> None:
    wide = long_to_wide(_long(), fill=0)
    expected = judge.ask("long", arrow=wide.to_arrow())["json"]

    assert json.loads(wide_to_long(wide).to_json()) == expected


def test_a_labelled_long_result_alerts_per_series(judge: Judge) -> None:
    rows = [
        {"station": station, "time": NOW + timedelta(minutes=minute), "value": minute}
        for station in ("berlin", "oslo")
        for minute in range(3)
    ]

    (frame,) = frames_from_any(rows)

    series = judge.ask("series", arrow=frame.to_arrow())["series"]
    assert series == [
        {"name": "value", "labels": {"station": "berlin"}, "points": 3},
        {"name": "value", "labels": {"station": "oslo"}, "points": 3},
    ]


def test_the_judge_refuses_what_grafana_refuses(judge: Judge) -> None:
    with pytest.raises(JudgeError):
        judge.ask("decode", arrow=b"ARROW1 nonsense")
    broken = Frame("f", Field("x", [1]), meta=FrameMeta(notices=[Notice("n")])).to_arrow()
    with pytest.raises(JudgeError):
        judge.ask("decode", arrow=broken.replace(b'"severity":"info"', b'"severity":"loud"'))
