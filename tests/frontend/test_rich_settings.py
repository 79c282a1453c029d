from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.frontend.acts import choose, pick, turn
from tests.frontend.axe import violations
from tests.frontend.bed import Bed

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.frontend.showcase.models import Settings

pytestmark = pytest.mark.browser


def fill_required(page: Page) -> None:
    page.get_by_label("URL *").fill("https://example.org")
    page.get_by_label("API key *").fill("s3cret")


def save(bed: Bed, page: Page, answer: str = "answers from") -> Settings:
    page.get_by_role("button", name="Save & test").click()
    page.get_by_text(answer).wait_for()
    found: Settings | None = bed.bridge.settings
    assert found is not None
    return found


def test_missing_values_are_named_then_saved_and_tested(rich: Bed) -> None:
    rich.expect("400")  # the failing health check
    page = rich.open()
    page.get_by_role("button", name="Save & test").click()
    page.get_by_text("URL is required; API key is required").wait_for()
    page.get_by_text("URL is required", exact=True).wait_for()
    page.get_by_text("API key is required", exact=True).wait_for()
    rich.picture(page, "settings-missing")
    fill_required(page)
    settings = save(rich, page)
    assert settings.api_key.get_secret_value() == "s3cret"
    assert (settings.timeout, settings.region, settings.auth.kind) == (30, "eu", "none")
    rich.picture(page, "settings-saved")


def test_a_stored_secret_is_configured_and_can_be_replaced(rich: Bed) -> None:
    page = rich.open()
    fill_required(page)
    save(rich, page)
    box = page.get_by_label("API key *")
    assert (box.input_value(), box.is_disabled()) == ("configured", True)
    assert "s3cret" not in page.content()
    page.get_by_role("button", name="Reset").first.click()
    page.get_by_label("API key *").fill("other")
    assert save(rich, page).api_key.get_secret_value() == "other"


def test_requests_are_shown_without_their_secrets(rich: Bed) -> None:
    page = rich.open()
    fill_required(page)
    save(rich, page)
    page.get_by_role("tab", name="Requests").click()
    saving = page.locator("details", has_text="PUT /api/datasources/uid/showcase")
    saving.locator("summary").click()
    saving.get_by_text("(hidden)").wait_for()
    rich.picture(page, "requests")
    assert "s3cret" not in page.content()


def test_models_that_cannot_be_shown_are_told_above_the_editors_of_before(rich: Bed) -> None:
    page = rich.open_and_listen()
    rich.bridge.schema_error = "query.hide: Grafana keeps a value of its own under this name"
    rich.events.reload("frontend")
    page.get_by_text("query.hide: Grafana keeps").wait_for()
    page.get_by_label("URL *").wait_for()


def test_secret_text_area_holds_several_lines(rich: Bed) -> None:
    page = rich.open()
    fill_required(page)
    page.get_by_label("CA certificate").fill("-----BEGIN\nabc")
    settings = save(rich, page)
    assert settings.ca_cert is not None
    assert settings.ca_cert.get_secret_value() == "-----BEGIN\nabc"


def test_number_out_of_range_is_explained_and_empty_is_the_default(rich: Bed) -> None:
    page = rich.open()
    fill_required(page)
    box = page.get_by_label("Timeout (s)")
    box.fill("900")
    box.press("Tab")
    page.get_by_text("Timeout (s) should be at most 300").wait_for()
    assert box.get_attribute("aria-invalid") == "true"
    box.fill("12")
    assert page.get_by_text("should be at most").count() == 0
    assert save(rich, page).timeout == 12
    box.fill("")
    assert save(rich, page).timeout == 30
    assert "timeout" not in rich.store.to_json()["jsonData"]


def test_address_is_checked(rich: Bed) -> None:
    page = rich.open()
    page.get_by_label("URL *").fill("example")
    page.get_by_label("URL *").press("Tab")
    page.get_by_text("URL should be an address such as https://example.org").wait_for()


def test_enum_shows_its_labels_and_stores_its_value(rich: Bed) -> None:
    page = rich.open()
    fill_required(page)
    choose(page, "Region", "South America")
    assert save(rich, page).region == "sa"


def test_switches_store_true_and_three_states(rich: Bed) -> None:
    page = rich.open()
    fill_required(page)
    turn(page, "Skip TLS verify", True)
    pick(page, "Cached", "No")
    settings = save(rich, page)
    assert (settings.tls_skip_verify, settings.cached) == (True, False)
    pick(page, "Cached", "Not set")
    assert save(rich, page).cached is None


def test_union_shows_the_fields_of_the_chosen_variant(rich: Bed) -> None:
    page = rich.open()
    fill_required(page)
    pick(page, "Method", "Basic")
    page.get_by_label("User *").fill("ada")
    page.get_by_label("Password *").fill("pw")
    auth = save(rich, page).auth
    assert auth.kind == "basic"
    assert (auth.user, auth.password.get_secret_value()) == ("ada", "pw")
    pick(page, "Method", "Token")
    assert page.get_by_label("User *").count() == 0
    page.get_by_label("Token *").fill("t0k")
    auth = save(rich, page).auth
    assert auth.kind == "token"
    assert auth.token.get_secret_value() == "t0k"


def test_optional_model_is_switched_on_and_off(rich: Bed) -> None:
    page = rich.open()
    fill_required(page)
    turn(page, "Use Proxy", True)
    page.get_by_label("Proxy host *").fill("proxy.local")
    proxy = save(rich, page).proxy
    assert proxy is not None
    assert (proxy.host, proxy.port) == ("proxy.local", 3128)
    turn(page, "Use Proxy", False)
    assert save(rich, page).proxy is None


def test_list_of_models_grows_and_shrinks_up_to_its_limit(rich: Bed) -> None:
    page = rich.open()
    fill_required(page)
    add = page.get_by_role("button", name="Add Header")
    for name in ("A", "B", "C"):
        add.click()
        page.get_by_label("Header name *").last.fill(name)
    assert add.is_disabled()
    page.get_by_label("Header value").nth(2).fill("three")
    page.get_by_role("button", name="Remove Header 2").click()
    headers = [(header.name, header.value) for header in save(rich, page).headers]
    assert headers == [("A", ""), ("C", "three")]


def test_tags_text_area_and_json_are_stored(rich: Bed) -> None:
    page = rich.open()
    fill_required(page)
    tags = page.get_by_label("Default tags")
    tags.fill("one")
    tags.press("Enter")
    tags.fill("two")
    tags.press("Tab")
    page.get_by_label("Note").fill("line 1\nline 2")
    extra = page.get_by_label("Extra parameters")
    extra.fill("{oops")
    page.get_by_text("Extra parameters is not JSON yet").wait_for()
    extra.fill('{"depth": [1, 2]}')
    settings = save(rich, page)
    assert (settings.tags, settings.note) == (["one", "two"], "line 1\nline 2")
    assert settings.extra == {"depth": [1, 2]}
    rich.picture(page, "settings-full")


def test_clearing_an_optional_text_removes_its_key(rich: Bed) -> None:
    page = rich.open()
    fill_required(page)
    page.get_by_label("Note").fill("x")
    save(rich, page)
    page.get_by_label("Note").fill("")
    assert save(rich, page).note is None
    assert "note" not in rich.store.to_json()["jsonData"]


def test_live_options_and_free_text_in_settings(rich: Bed) -> None:
    page = rich.open()
    fill_required(page)
    choose(page, "Home station", "munich")
    assert save(rich, page).station == "munich"
    box = page.get_by_role("combobox", name="Home station", exact=True)
    box.click()
    page.get_by_role("option").first.wait_for()  # the box is emptied when its list opens
    box.fill("hamburg")
    page.get_by_role("option", name=re.compile("hamburg")).click()
    assert save(rich, page).station == "hamburg"


def test_a_new_data_source_is_not_scolded_for_lists_that_need_its_settings(rich: Bed) -> None:
    asked: list[str] = []
    page = rich.open()
    page.on("request", lambda request: asked.append(request.url) if "/resources/" in request.url else None)
    page.reload()
    page.get_by_label("URL *").wait_for()
    page.get_by_label("Home station").wait_for()

    rich.expect("400")  # the failing check
    page.get_by_role("button", name="Save & test").click()
    page.get_by_text("URL is required; API key is required").wait_for()
    page.get_by_label("URL *").fill("https://example.org")  # not saved yet
    assert page.get_by_text("could not be loaded").count() == 0
    assert [url for url in asked if "stations" in url] == []
    fill_required(page)
    save(rich, page)
    choose(page, "Home station", "munich")
    assert save(rich, page).station == "munich"


def test_a_required_secret_is_marked_when_it_is_left_empty(rich: Bed) -> None:
    page = rich.open()
    page.get_by_label("API key *").focus()
    page.get_by_label("API key *").press("Tab")
    page.get_by_text("API key is required").wait_for()
    page.get_by_label("API key *").fill("s3cret")
    page.get_by_text("API key is required").wait_for(state="detached")


def test_read_only_data_source_is_shown_but_not_editable(rich_read_only: Bed) -> None:
    rich_read_only.expect("400")
    page = rich_read_only.open()
    form = page.get_by_test_id("generated-config-editor")
    assert form.locator("input:enabled, textarea:enabled").count() == 0
    assert page.get_by_role("button", name="Add Header").is_disabled()
    assert page.get_by_role("button", name="Reset").count() == 0
    page.get_by_role("button", name="Test", exact=True).click()
    page.get_by_text("URL is required; API key is required").wait_for()
    rich_read_only.picture(page, "settings")


def test_form_can_be_filled_in_by_keyboard_alone(rich: Bed) -> None:
    page = rich.open()
    page.get_by_label("URL *").focus()
    page.keyboard.type("https://example.org")
    page.keyboard.press("Tab")
    for _ in range(30):
        focused = page.evaluate("document.activeElement.id")
        if focused == "config-editor-api_key":
            break
        page.keyboard.press("Tab")
    assert focused == "config-editor-api_key"
    page.keyboard.type("s3cret")
    page.keyboard.press("Enter")
    page.get_by_text("answers from eu").wait_for()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_settings_are_accessible_in_both_themes(rich: Bed, theme: str) -> None:
    page = rich.open(f"?theme={theme}")
    pick(page, "Method", "Basic")
    turn(page, "Use Proxy", True)
    page.get_by_role("button", name="Add Header").click()
    page.get_by_label("Timeout (s)").fill("900")
    page.get_by_label("Timeout (s)").press("Tab")
    rich.picture(page, f"settings-{theme}")
    assert violations(page, "[data-testid=generated-config-editor]") == []
