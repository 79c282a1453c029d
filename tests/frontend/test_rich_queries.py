from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.frontend.acts import choose, pick, turn
from tests.frontend.axe import own_faults, violations
from tests.frontend.bed import Bed

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def open_query(bed: Bed, theme: str = "dark") -> Page:
    page = bed.open(f"?tab=query&theme={theme}")
    page.locator("[data-testid=result][data-state=Done]").wait_for()
    return page


def answered(bed: Bed, page: Page, count: int) -> None:
    """Wait until the backend was asked `count` times and the page shows the answer."""
    for _ in range(1200):
        if len(bed.bridge.queries) >= count:
            break
        page.wait_for_timeout(50)
    page.locator("[data-testid=result][data-state=Done]").wait_for()
    assert len(bed.bridge.queries) == count


def test_first_query_carries_the_defaults_of_the_model(rich: Bed) -> None:
    page = open_query(rich)
    assert len(rich.bridge.queries) == 1
    assert rich.bridge.last.model_dump() == type(rich.bridge.last)().model_dump()
    page.get_by_text("sensor temperature").wait_for()
    page.locator("[data-testid=result] canvas").first.wait_for()
    rich.picture(page, "query")


def test_a_text_asks_again_when_it_is_left_and_only_then(rich: Bed) -> None:
    page = open_query(rich)
    page.get_by_label("Alias").fill("outside")
    assert len(rich.bridge.queries) == 1
    page.get_by_label("Alias").press("Tab")
    answered(rich, page, 2)
    assert rich.bridge.last.alias == "outside"
    page.get_by_label("Alias").focus()
    page.get_by_label("Alias").press("Tab")  # unchanged
    page.wait_for_timeout(200)
    assert len(rich.bridge.queries) == 2
    page.get_by_label("Alias").fill("")
    page.get_by_label("Alias").press("Enter")
    answered(rich, page, 3)
    assert rich.bridge.last.alias is None


def test_number_is_typed_freely_and_checked(rich: Bed) -> None:
    page = open_query(rich)
    factor = page.get_by_label("Factor")
    factor.fill("")
    assert factor.input_value() == ""
    factor.press_sequentially("2.5")
    factor.press("Enter")
    answered(rich, page, 2)
    assert rich.bridge.last.factor == 2.5
    rich.expect("400")
    factor.fill("0")
    factor.press("Tab")
    page.get_by_text("Factor should be more than 0").first.wait_for()


def test_switch_and_nested_model_ask_at_once(rich: Bed) -> None:
    page = open_query(rich)
    turn(page, "Smooth", True)
    answered(rich, page, 2)
    assert rich.bridge.last.smooth is True
    page.get_by_label("High").fill("50")
    page.get_by_label("High").press("Tab")
    answered(rich, page, 3)
    assert (rich.bridge.last.limits.low, rich.bridge.last.limits.high) == (0, 50)


def test_several_choices_and_tags(rich: Bed) -> None:
    page = open_query(rich)
    choose(page, "Aggregates", "min")
    answered(rich, page, 2)
    page.get_by_role("option", name="min").get_by_role("checkbox", checked=True).wait_for()
    page.get_by_role("option", name="max").click()
    answered(rich, page, 3)
    page.keyboard.press("Escape")
    assert rich.bridge.last.aggregates == ["min", "max"]
    page.get_by_label("Hosts").click()
    page.get_by_test_id("generated-query-editor").get_by_text("max", exact=True).wait_for()
    page.get_by_label("Hosts").fill("a")
    page.get_by_label("Hosts").press("Enter")
    answered(rich, page, 4)
    assert rich.bridge.last.hosts == ["a"]


def test_dependent_options_follow_their_parameter(rich: Bed) -> None:
    page = open_query(rich)
    choose(page, "Station", "munich")
    answered(rich, page, 2)
    page.wait_for_timeout(500)  # the list is asked for a moment later
    choose(page, "Sensor", "snow")
    answered(rich, page, 3)
    assert (rich.bridge.last.station, rich.bridge.last.sensor) == ("munich", "snow")
    assert any("sensors?station=munich" in url for url in rich.bridge.resources)


def test_list_that_cannot_be_loaded_says_why(rich: Bed) -> None:
    rich.expect("40[04]|500")
    page = open_query(rich)
    station = page.get_by_role("combobox", name="Station", exact=True)
    station.click()
    page.get_by_role("option").first.wait_for()  # the box is emptied when its list opens
    station.fill("nowhere")
    page.get_by_role("option", name=re.compile("nowhere")).click()
    page.get_by_text("The list could not be loaded: no such station").wait_for()
    page.get_by_text("no such station: nowhere").first.wait_for()
    rich.picture(page, "query-error")


def test_code_editor_replaces_the_fields_of_the_other_mode(rich: Bed) -> None:
    page = open_query(rich)
    pick(page, "Mode", "sql")
    editor = page.get_by_role("textbox", name="SQL")
    editor.wait_for()
    assert page.get_by_role("combobox", name="Station", exact=True).count() == 0
    answered(rich, page, 2)
    page.locator(".monaco-editor .view-lines").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("select a from t where h in ($host)")
    page.get_by_label("Alias").click()
    answered(rich, page, 3)
    assert (rich.bridge.last.mode, rich.bridge.last.sql) == ("sql", "select a from t where h in ('web1')")
    rich.picture(page, "query-sql")


def set_host(page: Page, value: str) -> None:
    page.get_by_role("tab", name="Dashboard").click()
    page.get_by_label("$host").fill(value)
    page.get_by_role("tab", name="Query").click()


def test_variables_are_replaced_however_deep_and_lists_grow(rich: Bed) -> None:
    page = open_query(rich)
    set_host(page, "a,b")
    answered(rich, page, 2)
    page.get_by_label("Hosts").fill("$host")
    page.get_by_label("Hosts").press("Enter")
    page.get_by_label("Hosts").fill("x-${host:csv}")
    page.get_by_label("Hosts").press("Enter")
    page.get_by_label("Alias").fill("${host:pipe}")
    page.get_by_label("Alias").press("Enter")
    answered(rich, page, 5)
    assert rich.bridge.last.hosts == ["a", "b", "x-a,b"]
    assert rich.bridge.last.alias == "a|b"


def test_a_hidden_query_is_not_sent(rich: Bed) -> None:
    page = open_query(rich)
    assert page.evaluate(
        """async () => {
            const module = await System.import('/public/plugins/acme-showcase-datasource/module.js');
            const source = new module.plugin.DataSourceClass({ id: 1, uid: 'x', jsonData: {}, meta: {} });
            return [source.filterQuery({ refId: 'A' }), source.filterQuery({ refId: 'A', hide: true })];
        }"""
    ) == [True, False]


def test_display_text_names_what_is_asked(rich: Bed) -> None:
    page = open_query(rich)
    shown = page.evaluate(
        """async () => {
            const module = await System.import('/public/plugins/acme-showcase-datasource/module.js');
            const source = new module.plugin.DataSourceClass({ id: 1, uid: 'x', jsonData: {}, meta: {} });
            const sql = { refId: 'A', mode: 'sql', sql: 'select 2' };
            return [
              source.getQueryDisplayText({ refId: 'A', station: 'munich' }), source.getQueryDisplayText(sql),
              source.targetContainsTemplate({ refId: '$x' }),
              source.targetContainsTemplate({ hosts: ['$x'] }),
            ];
        }"""
    )
    assert shown == ["Mode: metric, Station: munich, Sensor: temperature, Factor: 1", "select 2", False, True]


def test_stream_goes_on_after_the_answer(rich: Bed) -> None:
    page = open_query(rich)
    page.get_by_label("Alias").fill("live")
    page.get_by_label("Alias").press("Enter")
    page.locator("[data-testid=result][data-state=Streaming]").wait_for()
    page.get_by_text(re.compile(r"Result: 1 frame, ([5-9]|\d\d) rows")).wait_for()


def test_page_says_that_the_backend_stopped_and_asks_again_when_it_runs(rich: Bed) -> None:
    page = rich.open_and_listen("?tab=query")
    page.locator("[data-testid=result][data-state=Done]").wait_for()
    rich.events.backend({"mode": "source", "running": False, "message": "SyntaxError: line 3"})
    said = page.get_by_text("SyntaxError: line 3")
    said.wait_for()
    pick(page, "Show as", "Table")
    rich.bridge.top = 99
    rich.events.backend({"mode": "source", "running": True, "message": ""})
    rich.events.reload("backend")
    said.wait_for(state="detached")
    page.get_by_role("cell", name="99").wait_for()


def test_table_shows_every_field(rich: Bed) -> None:
    page = open_query(rich)
    pick(page, "Show as", "Table")
    page.get_by_role("cell", name="15.5").wait_for()
    rich.picture(page, "query-table")


def test_logs_json_and_each_frame_can_be_looked_at(rich: Bed) -> None:
    page = open_query(rich)
    page.get_by_label("Alias").fill("logs")
    page.get_by_label("Alias").press("Enter")
    logs = page.get_by_role("list", name="Logs").get_by_role("listitem")
    logs.first.wait_for()  # unasked, since a frame says that it holds lines
    texts = logs.all_inner_texts()
    assert ["error" in texts[0], "it broke" in texts[0], "pod=web-2" in texts[0]] == [True] * 3
    assert "it began" in next(text for text in texts if "info" in text)
    rich.picture(page, "query-logs")
    pick(page, "Show as", "JSON")
    page.get_by_role("region", name="JSON").get_by_text('"log-lines"').wait_for()
    rich.picture(page, "query-json")
    pick(page, "Show as", "Table")
    page.get_by_role("cell", name="15.5").wait_for()
    choose(page, "Frame", "2 A lines")
    page.get_by_role("cell", name="it broke").wait_for()
    rich.picture(page, "query-frames")
    assert violations(page, "[data-testid=result]") == []


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_query_editor_is_accessible_in_both_themes(rich: Bed, theme: str) -> None:
    page = open_query(rich, theme)
    choose(page, "Aggregates", "min")
    page.keyboard.press("Escape")
    page.get_by_label("Hosts").fill("a")
    page.get_by_label("Hosts").press("Enter")
    rich.picture(page, f"query-{theme}")
    assert violations(page, "[data-testid=generated-query-editor]", own_faults(rich.name)) == []
