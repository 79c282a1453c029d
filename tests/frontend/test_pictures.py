from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.frontend import pictures
from tests.frontend.acts import pick

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.frontend.bed import Bed

pytestmark = pytest.mark.browser


def same(bed: Bed, page: Page, part: str, name: str) -> None:
    page.mouse.move(0, 0)
    page.evaluate("() => { document.activeElement?.blur(); return document.fonts.ready.then(() => true); }")
    pictures.check(page.locator(part), f"{bed.name}/{name}", bed.browser.version)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_settings_are_drawn_as_ever(rich: Bed, theme: str) -> None:
    page = rich.open(f"?tab=settings&theme={theme}")
    page.get_by_label("URL *").wait_for()
    same(rich, page, "[data-testid=generated-config-editor]", f"settings-{theme}")


def test_a_variants_fields_are_drawn_as_ever(rich: Bed) -> None:
    page = rich.open("?tab=settings")
    pick(page, "Method", "Basic")
    page.get_by_label("User *").wait_for()
    same(rich, page, "[data-testid=generated-config-editor]", "settings-basic")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_query_editor_is_drawn_as_ever(rich: Bed, theme: str) -> None:
    page = rich.open(f"?tab=query&theme={theme}")
    page.locator("[data-testid=result][data-state=Done]").wait_for()
    page.get_by_label("Alias").wait_for()
    same(rich, page, "[data-testid=generated-query-editor]", f"query-{theme}")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_plain_page_is_drawn_as_ever(plain: Bed, theme: str) -> None:
    page = plain.open(f"?tab=settings&theme={theme}")
    same(plain, page, "#settings", f"settings-{theme}")
