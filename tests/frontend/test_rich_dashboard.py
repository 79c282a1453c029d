from __future__ import annotations

import pytest

from tests.frontend.acts import choose
from tests.frontend.bed import Bed

pytestmark = pytest.mark.browser


def test_query_variable_takes_its_values_from_the_query_editor(rich: Bed) -> None:
    page = rich.open("?tab=dashboard")
    page.get_by_role("button", name="Preview of values").click()
    values = page.get_by_role("list", name="Preview of values").get_by_role("listitem")
    values.first.wait_for()
    assert values.all_inner_texts() == ["first = 10", "last = 15.5"]


def test_annotations_use_the_query_editor(rich: Bed) -> None:
    page = rich.open("?tab=dashboard")
    page.get_by_role("button", name="Test annotations").click()
    events = page.get_by_role("list", name="Test annotations").get_by_role("listitem")
    events.first.wait_for()
    assert [text.split()[-1] for text in events.all_inner_texts()] == ["first", "last"]
    rich.picture(page, "dashboard")


def test_adhoc_filters_reach_the_backend(rich: Bed) -> None:
    page = rich.open("?tab=dashboard")
    choose(page, "Filter key", "host")
    choose(page, "Filter value", "web2")
    page.get_by_role("tab", name="Query").click()
    page.locator("[data-testid=result][data-state=Done]").wait_for()
    filters = [(one.key, one.operator, one.value) for one in rich.bridge.last.filters]
    assert filters == [("host", "=", "web2")]


def test_requests_are_listed(rich: Bed) -> None:
    page = rich.open("?tab=requests")
    page.get_by_text("/api/datasources/uid/showcase").first.wait_for()
