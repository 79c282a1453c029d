"""A click is not lost because the box that it leaves gets a sentence, or a tag, and moves the button."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.frontend.bed import Bed

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

# What is typed last, and what appears below or beside the box once it is left.
LEFT = {
    "Timeout (s)": ("900", "Timeout (s) should be at most 300"),
    "Extra parameters": ("{", "Extra parameters is not JSON"),
    "Default tags": ("one", ""),
}


def leave_by_a_press(bed: Bed, page: Page) -> None:
    """Fill in each box and press the button, as long as a hand does."""
    bed.expect("400")  # the check refuses the values
    for label, (text, sentence) in LEFT.items():
        page.get_by_label(label).fill(text)
        with page.expect_response(re.compile("/health")):
            page.get_by_role("button", name="Save & test").click(delay=200)
        if sentence:
            page.get_by_text(sentence).first.wait_for()
    assert bed.store.to_json()["jsonData"]["tags"] == ["one"]


def test_a_press_is_not_lost(rich: Bed) -> None:
    page = rich.open()
    rich.expect("400")
    page.get_by_label("URL *").focus()
    page.get_by_label("URL *").press("Tab")
    page.get_by_text("URL is required", exact=True).wait_for()  # below the box that was left by the keyboard
    page.get_by_label("API key *").focus()
    with page.expect_response(re.compile("/health")):
        page.get_by_role("button", name="Save & test").click(delay=200)
    page.get_by_text("API key is required", exact=True).wait_for()
    leave_by_a_press(rich, page)


def test_a_press_is_not_lost_on_the_plain_page(plain: Bed) -> None:
    page = plain.open()
    leave_by_a_press(plain, page)
    page.get_by_role("button", name="Add Header").click()
    page.get_by_label("Header name *").fill("x")
    page.get_by_role("button", name="Remove Header 1").click(
        delay=200
    )  # would be drawn anew below the pointer
    page.get_by_label("Header name *").wait_for(state="detached")


def test_a_list_opens_and_its_choice_is_shown_on_the_plain_page(plain: Bed) -> None:
    page = plain.open()
    page.get_by_label("Method").dispatch_event("pointerdown", {"button": 0})  # its list hides that it is up
    page.get_by_label("Method").select_option("token")
    page.get_by_label("Token").first.wait_for()
