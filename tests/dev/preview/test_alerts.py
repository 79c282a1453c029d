from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from plugin_cli.dev.preview.alerts.expressions import evaluate, reduced
from plugin_cli.dev.preview.alerts.rules import Node, Rule, RuleError, read_rules, seconds
from plugin_cli.dev.preview.alerts.series import Series, series_of
from plugin_cli.dev.preview.alerts.states import RuleWatch, run_rule
from plugin_cli.dev.preview.bridge import Answer
from plugin_sdk import DataResponse
from plugin_sdk.data import frames_from_any
from tests.dev.preview.conftest import Served
from tests.dev.preview.fake_bridge import unavailable
from tests.sdk.data.test_alerting import SHAPES
from tests.sdk.data.test_no_rows import NOTHING

NOW = 1_000_000.0
SCAFFOLD = (
    Path(__file__).resolve().parents[3]
    / "templates/template/{% if alerting %}.{% endif %}/provisioning/alerting/rules.yaml.jinja"
).read_text()


def rendered() -> str:
    text = SCAFFOLD.replace("{{ uid | to_json(ensure_ascii=false) }}", '"weather"').replace(
        "{{ uid }}", "weather"
    )
    return text.replace("{{ plugin_id }}", "acme-weather-datasource")


@pytest.fixture
def rule(tmp_path: Path) -> Rule:
    (tmp_path / "rules.yaml").write_text(rendered())
    (found,), _ = read_rules(tmp_path)
    return found


def wide(*values: float | None, labels: Mapping[str, str] | None = None) -> dict[str, Any]:
    fields = [
        {"name": "time", "type": "time"},
        {"name": "value", "type": "number", "labels": dict(labels or {})},
    ]
    return {"schema": {"fields": fields}, "data": {"values": [list(range(len(values))), list(values)]}}


def states(rule: Rule, *frames: Mapping[str, Any]) -> list[str]:
    return [instance.state for instance in run_rule(rule, lambda *_: frames, NOW)]


def test_the_scaffolds_rule_fires_at_20_and_is_normal_at_12(rule: Rule) -> None:
    asked: list[tuple[int, int]] = []

    def run(node: Node, from_ms: int, to_ms: int) -> Sequence[Mapping[str, Any]]:
        asked.append((from_ms, to_ms))
        return [wide(10.0, 20.0)]

    (instance,) = run_rule(rule, run, NOW)

    assert (instance.state, instance.values) == ("Alerting", {"B": 20.0, "C": 1.0})
    assert asked == [(int(NOW - 600) * 1000, int(NOW) * 1000)]
    assert states(rule, wide(10.0, 12.0)) == ["Normal"]
    assert states(rule, wide(10.0, 15.0)) == ["Normal"]


def test_each_set_of_labels_is_an_instance(rule: Rule) -> None:
    frames = [wide(1.0, labels={"city": "oslo"}), wide(99.0, labels={"city": "rome"})]

    found = {dict(i.labels)["city"]: i.state for i in run_rule(rule, lambda *_: frames, NOW)}

    assert found == {"oslo": "Normal", "rome": "Alerting"}


def test_two_instances_with_the_same_labels_are_an_error(rule: Rule) -> None:
    with pytest.raises(RuleError, match="unique label sets"):
        states(rule, wide(1.0), wide(2.0))


@pytest.mark.parametrize("frames", [[], [{"schema": {"fields": []}, "data": {"values": []}}]])
def test_no_frame_or_an_empty_one_is_no_data(rule: Rule, frames: list[dict[str, Any]]) -> None:
    (instance,) = run_rule(rule, lambda *_: frames, NOW)

    assert (instance.state, dict(instance.labels)) == ("NoData", {"datasource_uid": "weather", "ref_id": "A"})


def test_a_missing_last_value_is_no_data(rule: Rule) -> None:
    assert states(rule, wide(10.0, None)) == ["NoData"]
    assert states(rule, wide()) == ["NoData"]


def test_a_long_table_is_refused_unless_its_type_is_set(rule: Rule) -> None:
    fields = [
        {"name": "t", "type": "time"},
        {"name": "city", "type": "string"},
        {"name": "v", "type": "number"},
    ]
    data = {"values": [[1, 1, 2], ["oslo", "rome", "oslo"], [1.0, 30.0, 2.0]]}
    typed = {"fields": fields, "meta": {"type": "timeseries-long", "typeVersion": [0, 1]}}

    with pytest.raises(RuleError, match="wide series but got type long"):
        states(rule, {"schema": {"fields": fields}, "data": data})
    assert states(rule, {"schema": typed, "data": data}) == ["Normal", "Alerting"]


def test_a_table_of_numbers_has_an_instance_a_row() -> None:
    frame = {
        "schema": {"fields": [{"name": "city", "type": "string"}, {"name": "v", "type": "number"}]},
        "data": {"values": [["oslo", "rome"], [1.0, 2.0]]},
    }

    assert series_of([frame]) == [Series((("city", "oslo"),), (1.0,)), Series((("city", "rome"),), (2.0,))]


@pytest.mark.parametrize("name", SHAPES)
def test_the_preview_sees_what_grafana_sees(name: str) -> None:
    """The same table of answers that Grafana's own rules judge."""
    make, expected = SHAPES[name]

    found = series_of([json.loads(frame.to_json()) for frame in frames_from_any(make())])

    values = {tuple(value for _, value in one.labels): one.values[-1] for one in found}
    assert {labels: "NaN" if value != value else value for labels, value in values.items()} == expected


@pytest.mark.parametrize("name", NOTHING)
def test_no_rows_are_no_series_in_the_preview(name: str) -> None:
    answer = NOTHING[name]()
    frames = frames_from_any(answer.frames if isinstance(answer, DataResponse) else answer)

    assert series_of([json.loads(frame.to_json()) for frame in frames]) == []


def test_numbers_that_json_lacks_are_put_back() -> None:
    frame = wide(None, None, 3.0)
    frame["data"]["entities"] = [None, {"NaN": [0], "NegInf": [1]}]

    (series,) = series_of([frame])

    assert math.isnan(series.values[0] or 0)
    assert series.values[1:] == (-math.inf, 3.0)


@pytest.mark.parametrize(
    ("reducer", "mode", "expected"),
    [
        ("last", "", 4.0),
        ("mean", "dropNN", 3.0),
        ("sum", "dropNN", 6.0),
        ("count", "", 3.0),
        ("count", "dropNN", 2.0),
        ("min", "replaceNN", 0.0),
        ("max", "dropNN", 4.0),
        ("median", "dropNN", 3.0),
        ("diff", "dropNN", 2.0),
    ],
)
def test_reducers(reducer: str, mode: str, expected: float) -> None:
    assert reduced([2.0, None, 4.0], reducer, mode) == expected


def test_a_missing_value_spoils_a_strict_reducer_and_nothing_is_none() -> None:
    assert math.isnan(reduced([1.0, None], "mean") or 0)
    assert reduced([], "last") is None
    assert reduced([None], "mean", "dropNN") is None
    with pytest.raises(RuleError, match="'fast' is not known"):
        reduced([1.0], "fast")


@pytest.mark.parametrize(
    ("kind", "params", "value", "expected"),
    [
        ("gt", [15], 15.0, 0.0),
        ("gte", [15], 15.0, 1.0),
        ("lt", [15], 14.0, 1.0),
        ("within_range", [1, 3], 3.0, 0.0),
        ("within_range_included", [1, 3], 3.0, 1.0),
        ("outside_range", [1, 3], 4.0, 1.0),
        ("gt", [15], math.nan, 0.0),
        ("gt", [15], None, None),
    ],
)
def test_thresholds(kind: str, params: list[int], value: float | None, expected: float | None) -> None:
    model = {
        "type": "threshold",
        "expression": "B",
        "conditions": [{"evaluator": {"type": kind, "params": params}}],
    }

    (found,) = evaluate(Node("C", "__expr__", model, 0, 0), {"B": [Series((), (value,))]})

    assert found.values == (expected,)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$B > 15", 1.0),
        ("${B} * 2 + 1", 41.0),
        ("$B > 15 && $C < 1", 0.0),
        ("!($B < 15) || $C < 1", 1.0),
        ("-$B / 0", -math.inf),
        ("$B ** 2 - $C", 395.0),
    ],
)
def test_math(expression: str, expected: float) -> None:
    results = {"B": [Series((("a", "1"),), (20.0,))], "C": [Series((), (5.0,))]}

    (found,) = evaluate(Node("D", "__expr__", {"type": "math", "expression": expression}, 0, 0), results)

    assert (found.labels, found.values) == ((("a", "1"),), (expected,))


@pytest.mark.parametrize("expression", ["", "$B +", "__import__('os')", "$X", "$B.real", "$B[0]", "exec($B)"])
def test_math_runs_no_code(expression: str) -> None:
    with pytest.raises(RuleError):
        evaluate(
            Node("D", "__expr__", {"type": "math", "expression": expression}, 0, 0),
            {"B": [Series((), (1.0,))]},
        )


def test_classic_conditions_hold_together() -> None:
    def condition(name: str, limit: int, word: str) -> dict[str, Any]:
        return {
            "evaluator": {"type": "gt", "params": [limit]},
            "operator": {"type": word},
            "query": {"params": [name]},
            "reducer": {"type": "avg"},
        }

    results = {"A": [Series((), (10.0, 20.0), (1, 2))]}
    for second, expected in ((("A", 99, "or"), 1.0), (("A", 99, "and"), 0.0)):
        model = {"type": "classic_conditions", "conditions": [condition("A", 14, "and"), condition(*second)]}
        (found,) = evaluate(Node("B", "__expr__", model, 0, 0), results)
        assert found.values == (expected,)


def test_a_rule_is_pending_until_it_fired_long_enough(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(rendered().replace("for: 0s", "for: 25s"))
    (rule,), _ = read_rules(tmp_path)
    value = [20.0]
    watch = RuleWatch(rule, lambda *_: [wide(value[0])])

    seen = [watch.look(NOW + step)["state"] for step in (0, 5, 10, 20, 30)]
    value[0] = 1.0
    seen.append(watch.look(NOW + 40)["state"])
    value[0] = 20.0
    seen.append(watch.look(NOW + 50)["state"])

    assert seen == ["Pending", "Pending", "Pending", "Pending", "Alerting", "Normal", "Pending"]
    history = watch.look(NOW + 51)["history"]
    assert [step["time"] - NOW for step in history] == [0, 10, 20, 30, 40, 50]


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("noDataState", "OK", "Normal"),
        ("noDataState", "Alerting", "Alerting"),
        ("noDataState", "KeepLast", "Normal"),
        ("execErrState", "OK", "Normal"),
        ("execErrState", "Error", "Error"),
    ],
)
def test_no_data_and_errors_become_what_the_rule_says(
    tmp_path: Path, setting: str, value: str, expected: str
) -> None:
    document = yaml.safe_load(rendered())
    document["groups"][0]["rules"][0][setting] = value
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(document))
    (rule,), _ = read_rules(tmp_path)

    def run(*_: object) -> list[dict[str, Any]]:
        if setting == "execErrState":
            raise RuleError("down")
        return []

    assert RuleWatch(rule, run).look(NOW)["state"] == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("10s", 10), ("1m30s", 90), ("1h", 3600), (5, 5), ("500ms", 0.5)]
)
def test_durations(text: Any, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize(
    "text", ["", "soon", "10", "10x", "s", -1, True, float("inf"), float("nan"), "9" * 400 + "y"]
)
def test_what_is_no_duration_is_refused(text: Any) -> None:
    with pytest.raises(ValueError, match="invalid duration"):
        seconds(text)


def test_the_route_tells_state_and_reason(served: Served) -> None:
    assert served.http.get("/api/preview/alerts").json() == {"rules": []}
    served.alerting.mkdir()
    (served.alerting / "r.yaml").write_text(rendered())
    served.bridge.answers = {"A": Answer(200, [json.dumps(wide(10.0, 20.0))])}

    (told,) = served.http.get("/api/preview/alerts").json()["rules"]

    assert (told["state"], told["interval"]) == ("Alerting", 10.0)
    assert told["instances"][0]["values"] == {"B": 20.0, "C": 1.0}


def test_the_route_tells_why_a_rule_is_in_error(served: Served) -> None:
    served.alerting.mkdir()
    (served.alerting / "r.yaml").write_text(rendered())
    served.bridge.failure = unavailable("it crashed")

    (told,) = served.http.get("/api/preview/alerts").json()["rules"]

    assert told["state"] == "Error"
    assert told["instances"][0]["error"] == "failed to execute query [A]: it crashed"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("groups: 3", 'expected "groups", a list'),
        ("3", 'expected "groups", a list'),
        ("groups: [3]", 'expected "groups", a list'),
        ("groups:\n- rules: 3", 'expected "groups", a list'),
        ("groups: [", "line 1, column 10: expected the node content"),
        ("groups: 2026-99-99", "month must be in 1..12"),
        ("a: \x07", "special characters are not allowed"),
        ("&a [*a]", "nested deeper"),
        ("[" * 5000, "nested deeper"),
        (b"\xff\xfe\xff", "not UTF-8"),
        ('"\\ud800"', "half of a surrogate pair"),
    ],
)
def test_a_file_that_cannot_be_read_costs_no_other_its_rules(
    served: Served, text: str | bytes, reason: str
) -> None:
    served.alerting.mkdir()
    (served.alerting / "good.yaml").write_text(rendered())
    (served.alerting / "r.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    served.bridge.answers = {"A": Answer(200, [json.dumps(wide(10.0, 20.0))])}

    answer = served.http.get("/api/preview/alerts").json()

    assert "r.yaml cannot be read: " in answer["error"]
    assert reason in answer["error"]
    assert [rule["state"] for rule in answer["rules"]] == ["Alerting"]


SPOILT: dict[str, Callable[[dict[str, Any]], object]] = {
    "no data": lambda rule: rule.pop("data"),
    "no condition": lambda rule: rule.pop("condition"),
    "a condition that is not there": lambda rule: rule.update(condition="Z"),
    "no title": lambda rule: rule.pop("title"),
    "endless for": lambda rule: rule.update({"for": float("inf")}),
    "for without a number": lambda rule: rule.update({"for": float("nan")}),
    "for before it began": lambda rule: rule.update({"for": -1}),
    "labels in a list": lambda rule: rule.update(labels=["a"]),
    "data without an object": lambda rule: rule.update(data=[3]),
    "an endless range": lambda rule: rule["data"][0]["relativeTimeRange"].update({"from": float("inf")}),
    "a range of null": lambda rule: rule["data"][0]["relativeTimeRange"].update({"from": None}),
    "a range of nothing": lambda rule: rule["data"][0].update(relativeTimeRange=3),
    "a model that is a list": lambda rule: rule["data"][0].update(model=[3]),
    "a model with infinity": lambda rule: rule["data"][0]["model"].update(x=float("inf")),
    "an endless interval": lambda rule: rule["data"][0]["model"].update(intervalMs=float("inf")),
    "points in words": lambda rule: rule["data"][0]["model"].update(maxDataPoints="many"),
    "params of null": lambda rule: params(rule).__setitem__(0, None),
    "params of words": lambda rule: params(rule).__setitem__(0, "high"),
    "no params": lambda rule: params(rule).clear(),
    "conditions of null": lambda rule: rule["data"][2]["model"].update(conditions=[None]),
    "conditions of a number": lambda rule: rule["data"][2]["model"].update(conditions=3),
    "an unknown reducer": lambda rule: rule["data"][1]["model"].update(reducer=[3]),
    "an unknown expression": lambda rule: rule["data"][1]["model"].update(type={}),
    "a replacement in words": lambda rule: rule["data"][1]["model"].update(
        settings={"replaceWithValue": "x"}
    ),
    "deep math": lambda rule: rule["data"][2]["model"].update(type="math", expression="$B" + "+(1" * 3000),
    "huge math": lambda rule: rule["data"][2]["model"].update(type="math", expression="$B ** 9 ** 9 ** 9"),
}


def params(rule: dict[str, Any]) -> list[Any]:
    found: list[Any] = rule["data"][2]["model"]["conditions"][0]["evaluator"]["params"]
    return found


@pytest.mark.parametrize("how", SPOILT)
def test_a_rule_that_is_wrong_is_in_error_and_costs_no_other_its_state(served: Served, how: str) -> None:
    document = yaml.safe_load(rendered())
    document["groups"][0]["rules"][0]["uid"] = "spoilt"
    SPOILT[how](document["groups"][0]["rules"][0])
    served.alerting.mkdir()
    (served.alerting / "a.yaml").write_text(yaml.safe_dump(document))
    (served.alerting / "b.yaml").write_text(rendered())
    served.bridge.answers = {"A": Answer(200, [json.dumps(wide(10.0, 20.0))])}

    response = served.http.get("/api/preview/alerts")

    assert response.status_code == 200, response.text
    spoilt, good = response.json()["rules"]
    assert good["state"] == "Alerting"
    assert spoilt["state"] == "Error" or how == "huge math"
    assert spoilt["instances"][0].get("error") or how == "huge math"


FRAMES: dict[str, dict[str, Any]] = {
    "a null time": {"values": [[1000, None], [1.0, 2.0]]},
    "infinity": {"values": [[1000], [None]], "entities": [None, {"Inf": [0]}]},
    "a number that is none": {"values": [[1000], [None]], "entities": [None, {"NaN": [0]}]},
    "an entity that is not there": {"values": [[1000], [1.0]], "entities": [None, {"Inf": [7]}]},
    "a missing column": {"values": [[1000]]},
    "no data": {},
    "text for numbers": {"values": [["soon"], ["much"]]},
}


@pytest.mark.parametrize("how", FRAMES)
def test_an_odd_frame_costs_no_rule_its_page(served: Served, how: str) -> None:
    served.alerting.mkdir()
    (served.alerting / "r.yaml").write_text(rendered())
    fields = [{"name": "t", "type": "time"}, {"name": "v", "type": "number"}]
    served.bridge.answers = {
        "A": Answer(200, [json.dumps({"schema": {"fields": fields}, "data": FRAMES[how]})])
    }

    response = served.http.get("/api/preview/alerts")

    assert response.status_code == 200
    (rule,) = response.json()["rules"]
    if how == "infinity":
        assert (rule["state"], rule["instances"][0]["values"]["B"]) == ("Alerting", "+Inf")
    if how == "a null time":
        assert rule["instances"][0]["error"] == "row 1 has no time"
