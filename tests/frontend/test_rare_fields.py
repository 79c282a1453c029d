"""Types, hints and nestings that the showcase lacks, in the browser: tests/frontend/showcase/rare.py."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.frontend.acts import choose, pick
from tests.frontend.axe import own_faults, violations
from tests.frontend.bed import Bed, serve
from tests.frontend.conftest import PLAIN
from tests.frontend.showcase.rare import Rare, Speed, Zone

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture
def rare(browser: Browser, rich_folder: Path, line: str, tmp_path: Path) -> Iterator[Bed]:
    with serve([rich_folder], tmp_path / "dist", browser, f"rich-{line}-rare", source=Rare) as bed:
        yield bed


@pytest.fixture
def plain_rare(browser: Browser, tmp_path: Path) -> Iterator[Bed]:
    with serve(PLAIN, tmp_path / "dist", browser, "plain-rare", source=Rare) as bed:
        yield bed


def save(bed: Bed, page: Page) -> Any:
    page.get_by_role("button", name="Save & test").click()
    page.get_by_text("answers from everywhere").wait_for()
    return bed.bridge.settings


def chosen(page: Page, option: str) -> None:
    """Wait until the open list shows that the option is taken."""
    page.get_by_role("option", name=option, exact=True).get_by_role("checkbox", checked=True).wait_for()


def test_defaults_are_those_of_the_model_and_nothing_is_stored(rare: Bed) -> None:
    page = rare.open()
    assert save(rare, page) == type(rare.bridge.settings)()
    assert rare.store.to_json()["jsonData"] == {}
    rare.picture(page, "settings")
    assert violations(page, "[data-testid=generated-config-editor]", own_faults(rare.name)) == []
    long = page.locator("label", has_text="Patience in seconds before a request is given up for good")
    assert long.evaluate("label => label.scrollHeight <= label.clientHeight")  # on one line, over no other


def test_scalars_choices_and_json_are_stored_as_their_types(rare: Bed) -> None:
    page = rare.open()
    page.get_by_label("Retries").fill("3")
    page.get_by_label("Ratio").fill("0.6")
    page.get_by_label("Ratio").press("Tab")
    page.get_by_text("Ratio should be a multiple of 0.25").wait_for()
    page.get_by_label("Ratio").fill("1.25")
    pick(page, "Speed", "fast")
    choose(page, "Level", "high")
    choose(page, "Plan", "paid")
    pick(page, "Zone", "w")
    page.get_by_label("Day").fill("2026-01-31")
    page.get_by_label("Code").fill("nope")
    page.get_by_label("Code").press("Tab")
    page.get_by_text("Code should match ^[A-Z]{2}-\\d+$").wait_for()
    page.get_by_label("Code").fill("XY-22")
    page.get_by_label("Either").fill("12")
    page.get_by_label("Grid").fill("[[1, 2], [3]]")
    found = save(rare, page)
    assert (found.retries, found.ratio, found.speed, found.level) == (3, 1.25, Speed.FAST, "high")
    assert (found.plan, found.zone, found.day, found.code) == ("paid", Zone.WEST, date(2026, 1, 31), "XY-22")
    assert (found.either, found.grid, found.hidden) == (12, [[1, 2], [3]], "kept")
    assert page.get_by_label("Build").is_disabled()
    assert page.get_by_text("hidden", exact=True).count() == 0
    rare.picture(page, "settings-full")


def test_an_optional_choice_can_be_taken_back(rare: Bed) -> None:
    page = rare.open()
    choose(page, "Level", "high")
    assert save(rare, page).level == "high"
    page.get_by_role("combobox", name="Level", exact=True).locator("xpath=../..").get_by_role(
        "button"
    ).first.click()
    assert save(rare, page).level is None
    assert "level" not in rare.store.to_json()["jsonData"]


def test_lists_of_choices_take_several_fixed_and_live_ones(rare: Bed) -> None:
    page = rare.open()
    choose(page, "Zones", "North")
    chosen(page, "North")
    page.get_by_role("option", name="s", exact=True).click()
    chosen(page, "s")
    page.keyboard.press("Escape")
    choose(page, "Stations", "munich")
    chosen(page, "munich")
    page.keyboard.press("Escape")
    found = save(rare, page)
    assert (found.zones, found.stations) == ([Zone.NORTH, Zone.SOUTH], ["munich"])


def test_secrets_are_put_back_however_deep_and_however_typed(rare: Bed) -> None:
    page = rare.open()
    page.get_by_label("Token").fill("t0k")
    page.get_by_label("Client key").fill("deep")
    choose(page, "Cache", "Redis")
    page.get_by_label("Redis password").fill("r3dis")
    page.get_by_label("Cache note").fill("shared")
    found = save(rare, page)
    assert (found.token, found.tls.client.key.get_secret_value()) == ("t0k", "deep")
    assert (found.cache.password.get_secret_value(), found.note) == ("r3dis", "shared")
    stored = rare.store.to_json()
    assert sorted(stored["secureJsonFields"]) == ["cache.password", "tls.client.key", "token"]
    assert stored["jsonData"] == {"cache": {"kind": "redis"}, "note": "shared"}
    choose(page, "Cache", "Not set")
    page.get_by_label("Cache note").wait_for(state="detached")
    assert save(rare, page).cache is None


def test_a_list_in_a_list_has_buttons_of_its_own(rare: Bed) -> None:
    page = rare.open()
    page.get_by_role("button", name="Add Host").click()
    page.get_by_label("Host name *").fill("db1")
    page.get_by_role("button", name="Add Port").click()
    page.get_by_label("Port number *").fill("5432")
    page.get_by_role("button", name="Add Port").click()
    page.get_by_label("Port number *").nth(1).fill("5433")
    page.get_by_role("button", name="Remove Port 1").click()
    (host,) = save(rare, page).hosts
    assert (host.name, [port.number for port in host.ports]) == ("db1", [5433])
    rare.picture(page, "settings-lists")


def test_a_query_waits_for_its_required_value_and_offers_no_filters(rare: Bed) -> None:
    page = rare.open("?tab=query")
    table = page.get_by_label("Table *")
    table.wait_for()
    page.get_by_role("button", name="Run query").click()
    page.locator("[data-testid=result][data-state=Done]").get_by_text("No data").wait_for()
    assert rare.bridge.queries == []
    table.fill("cpu")
    table.press("Enter")
    page.locator("[data-testid=result] canvas").first.wait_for()
    assert [query.table for query in rare.bridge.queries] == ["cpu"]
    page.get_by_role("button", name="Add Column").click()
    page.get_by_label("Column name").fill("load")
    rare.picture(page, "query")
    page.get_by_role("tab", name="Dashboard").click()
    page.get_by_text("This data source has no ad-hoc filters.").wait_for()


INTERPOLATED = """async () => {
    const module = await System.import('/public/plugins/acme-showcase-datasource/module.js');
    const source = new module.plugin.DataSourceClass({ id: 1, uid: 'x', jsonData: {}, meta: {} });
    const asked = {
        refId: '$host', table: 'at-$host', raw: '$host', joined: ['$cities', 'x'],
        columns: [{ name: '$host' }], where: { text: '[[host]]', any_of: ['$cities'] },
    };
    const cities = { cities: { text: 'both', value: ['a', 'b'] } };
    return source.applyTemplateVariables(asked, cities);
}"""


def test_variables_are_replaced_at_every_depth_as_the_hints_say(rare: Bed) -> None:
    page = rare.open("?tab=query")
    assert page.evaluate(INTERPOLATED) == {
        "refId": "$host",
        "table": "at-web1",
        "raw": "$host",
        "joined": ["a|b", "x"],
        "columns": [{"name": "web1"}],
        "where": {"text": "web1", "any_of": ["a", "b"]},
    }


def test_plain_page_shows_them_all_too(plain_rare: Bed) -> None:
    page = plain_rare.open()
    page.get_by_label("Retries").fill("3")
    assert page.get_by_label("Build").is_disabled()
    page.get_by_label("Level").select_option("high")
    page.get_by_label("Zones").select_option(["North", "s"])
    page.get_by_label("Cache").select_option("Redis")
    page.get_by_label("Redis password").fill("r3dis")
    page.get_by_label("Cache note").fill("shared")
    page.get_by_role("button", name="Add Host").click()
    page.get_by_label("Host name *").fill("db1")
    page.get_by_role("button", name="Add Port").click()
    page.get_by_label("Port number *").fill("5432")
    page.get_by_label("Either").fill("12")
    page.get_by_role("button", name="Save & test").click()
    page.locator(".status", has_text="answers from everywhere").wait_for()
    plain_rare.picture(page, "settings")
    found: Any = plain_rare.bridge.settings
    assert (found.retries, found.level, found.zones) == (3, "high", [Zone.NORTH, Zone.SOUTH])
    assert (found.cache.password.get_secret_value(), found.note, found.either) == ("r3dis", "shared", 12)
    assert [(host.name, [port.number for port in host.ports]) for host in found.hosts] == [("db1", [5432])]
    assert violations(page) == []
