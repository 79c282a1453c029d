from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from plugin_cli.calls.intervals import round_interval
from tests.frontend.axe import violations
from tests.frontend.bed import ROOT, Bed

pytestmark = pytest.mark.browser
PAGE = ROOT / "plugin_cli" / "dev" / "preview" / "page"


def test_page_stays_small() -> None:
    assert sum(path.stat().st_size for path in PAGE.iterdir()) <= 40_000


def test_saves_settings_and_says_what_the_backend_answers(plain: Bed) -> None:
    plain.expect("400")  # the failing health check
    page = plain.open()
    page.get_by_role("button", name="Save & test").click()
    page.locator(".status", has_text="URL is required").wait_for()
    page.get_by_label("URL *").fill("https://example.org")
    page.get_by_label("API key *").fill("s3cret")
    page.get_by_label("Region").select_option("Asia")
    page.get_by_label("Timeout (s)").fill("12")
    page.get_by_role("button", name="Save & test").click()
    page.locator(".status", has_text="answers from ap").wait_for()
    plain.picture(page, "settings")
    settings = plain.bridge.settings
    assert settings is not None
    assert (str(settings.url), settings.timeout) == ("https://example.org/", 12)
    assert settings.api_key.get_secret_value() == "s3cret"
    assert page.get_by_label("API key *").input_value() == "configured"


def test_requests_are_shown_without_their_secrets(plain: Bed) -> None:
    plain.expect("400")
    page = plain.open()
    page.get_by_label("API key *").fill("s3cret")
    page.get_by_role("button", name="Save & test").click()
    page.locator(".status", has_text="URL is required").wait_for()
    page.get_by_role("tab", name="Requests").click()
    saving = page.locator("details", has_text="PUT /api/datasources/uid/showcase")
    saving.locator("summary").click()
    saving.get_by_text("(hidden)").wait_for()
    assert "s3cret" not in page.content()


def test_models_that_cannot_be_shown_are_told_above_the_forms_of_before(plain: Bed) -> None:
    page = plain.open_and_listen()
    plain.bridge.schema_error = "query.hide: Grafana keeps a value of its own under this name"
    plain.events.reload("frontend")
    page.locator("#banner", has_text="query.hide: Grafana keeps").wait_for()
    page.get_by_label("URL *").wait_for()


def test_shows_variant_list_and_optional_model(plain: Bed) -> None:
    plain.expect("400")
    page = plain.open()
    page.get_by_label("Method").select_option("Basic")
    page.get_by_label("User *").fill("ada")
    page.get_by_label("Password *").fill("pw")
    page.get_by_label("Use Proxy").check()
    page.get_by_label("Proxy host *").fill("proxy.local")
    page.get_by_role("button", name="Add Header").click()
    page.get_by_label("Header name *").fill("X-Team")
    page.get_by_label("Default tags").fill("a\nb")
    page.get_by_label("Extra parameters").fill('{"n": 1}')
    page.get_by_label("URL *").fill("https://example.org")
    page.get_by_label("API key *").fill("k")
    page.get_by_role("button", name="Save & test").click()
    page.locator(".status", has_text="answers from eu").wait_for()
    settings = plain.bridge.settings
    assert settings is not None
    assert settings.auth.kind == "basic"
    assert (settings.auth.user, settings.auth.password.get_secret_value()) == ("ada", "pw")
    assert settings.proxy is not None
    assert (settings.proxy.host, settings.proxy.port) == ("proxy.local", 3128)
    assert [header.name for header in settings.headers] == ["X-Team"]
    assert (settings.tags, settings.extra) == (["a", "b"], {"n": 1})


def test_a_click_into_the_next_box_is_not_lost(plain: Bed) -> None:
    page = plain.open()
    page.get_by_label("URL *").fill("https://example.org")
    page.get_by_label("Timeout (s)").click()
    page.wait_for_timeout(100)
    page.keyboard.type("45")
    assert page.get_by_label("Timeout (s)").input_value() == "45"


def test_wrong_number_is_named_below_its_box(plain: Bed) -> None:
    page = plain.open()
    page.get_by_label("Timeout (s)").fill("900")
    page.get_by_label("URL *").click()
    page.get_by_text("Timeout (s) should be at most 300").wait_for()
    assert page.get_by_label("Timeout (s)").get_attribute("aria-invalid") == "true"


def test_read_only_data_source_can_be_tested_but_not_changed(plain_read_only: Bed) -> None:
    plain_read_only.expect("400")
    page = plain_read_only.open()
    assert page.get_by_label("URL *").is_disabled()
    page.get_by_role("button", name="Test", exact=True).click()
    page.locator(".status", has_text="URL is required").wait_for()


def test_draws_graph_table_and_json_of_a_query(plain: Bed) -> None:
    page = plain.open("?tab=query")
    page.get_by_label("Factor").fill("2")
    page.get_by_role("button", name="Run query").click()
    graph = page.get_by_role("img", name=re.compile("Graph of value"))
    graph.wait_for()
    assert graph.locator("path").get_attribute("d").count("L") == 1  # type: ignore[union-attr]
    graph.hover(position={"x": 900, "y": 100})
    page.get_by_text("value: 31").wait_for()
    plain.picture(page, "query")
    page.get_by_role("button", name="Table").click()
    page.get_by_role("cell", name="31", exact=True).wait_for()
    page.get_by_role("button", name="JSON").click()
    page.locator("pre.scroll", has_text='"refId": "A"').wait_for()
    assert plain.bridge.last.factor == 2


def test_query_error_is_shown_with_its_ref_id(plain: Bed) -> None:
    plain.expect("40[04]")  # the list of sensors of "nowhere" fails too
    page = plain.open("?tab=query")
    page.get_by_label("Station", exact=True).fill("nowhere")
    page.get_by_role("button", name="Run query").click()
    page.locator(".status", has_text="Query A failed: no such station: nowhere").wait_for()


def test_dependent_options_follow_their_parameter(plain: Bed) -> None:
    page = plain.open("?tab=query")
    page.get_by_role("option", name="wind").wait_for(state="attached")
    page.get_by_label("Station", exact=True).fill("munich")
    page.get_by_label("Station", exact=True).press("Tab")
    page.get_by_role("option", name="snow").wait_for(state="attached")


def test_conditional_fields_follow_the_mode(plain: Bed) -> None:
    page = plain.open("?tab=query")
    page.get_by_label("Mode").select_option("sql")
    page.get_by_label("SQL").wait_for()
    assert page.get_by_label("Station", exact=True).count() == 0


def test_stream_goes_on_after_the_answer(plain: Bed) -> None:
    page = plain.open("?tab=query")
    page.get_by_label("Alias").fill("live")
    page.get_by_role("button", name="Run query").click()
    page.get_by_role("button", name="Table").click()
    page.get_by_text(re.compile(r"^([6-9]|\d\d) rows")).wait_for()


def test_page_says_that_the_backend_stopped_and_asks_again_when_it_runs(plain: Bed) -> None:
    page = plain.open_and_listen("?tab=query")
    page.get_by_role("button", name="Run query").click()
    page.get_by_role("img", name=re.compile("Graph of value")).wait_for()
    plain.events.backend({"mode": "source", "running": False, "message": "SyntaxError: line 3"})
    banner = page.locator("#banner")
    banner.get_by_text("The backend does not run: SyntaxError: line 3").wait_for()
    plain.bridge.top = 99
    plain.events.backend({"mode": "source", "running": True, "message": ""})
    plain.events.reload("backend")
    banner.wait_for(state="hidden")
    page.get_by_role("button", name="Table").click()
    page.get_by_role("cell", name="99", exact=True).wait_for()


def test_tabs_work_by_keyboard_and_requests_are_listed(plain: Bed) -> None:
    page = plain.open()
    page.get_by_role("tab", name="Settings").focus()
    page.keyboard.press("ArrowLeft")
    page.get_by_text("GET /api/preview").wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_is_accessible(plain: Bed, theme: str) -> None:
    page = plain.open(f"?theme={theme}")
    assert violations(page) == []
    page.get_by_role("tab", name="Query").click()
    page.get_by_role("button", name="Run query").click()
    page.get_by_role("img").wait_for()
    plain.picture(page, f"query-{theme}")
    assert violations(page) == []


def test_page_names_no_foreign_address() -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in Path(PAGE).iterdir())
    assert set(re.findall(r"https?://[^/'\"]+", texts)) <= {"http://www.w3.org"}


def test_the_interval_is_the_one_that_the_terminal_s_query_has(plain: Bed) -> None:
    page = plain.open("?tab=query")
    page.get_by_role("button", name="Run query").click()
    page.get_by_role("img", name=re.compile("Graph of value")).wait_for()
    minutes = (
        page.get_by_label("Time range").locator("option").evaluate_all("all => all.map(one => +one.value)")
    )
    for number, value in enumerate(minutes):
        with page.expect_request("**/api/ds/query") as sent:
            page.get_by_label("Time range").select_option(index=number)
        body: Any = sent.value.post_data_json
        (query,) = body["queries"]
        assert query["intervalMs"] == round_interval(value * 60.0), value
