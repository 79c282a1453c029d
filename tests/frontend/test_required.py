"""What the form marks is what the backend refuses, in the same words; defaults that hold models stay whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.frontend.bed import Bed, serve
from tests.frontend.conftest import PLAIN
from tests.frontend.showcase.required import Required

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
MARKED = ["API key *", "Team *", "Token *", "User *", "Password *", "Demo key *"]


@pytest.fixture
def required(browser: Browser, rich_folder: Path, line: str, tmp_path: Path) -> Iterator[Bed]:
    with serve([rich_folder], tmp_path / "dist", browser, f"rich-{line}-required", source=Required) as bed:
        yield bed


@pytest.fixture
def plain_required(browser: Browser, tmp_path: Path) -> Iterator[Bed]:
    with serve(PLAIN, tmp_path / "dist", browser, "plain-required", source=Required) as bed:
        yield bed


def press(page: Page, answer: str) -> None:
    """Save, by a press as long as a hand's, and wait for what the backend says."""
    page.get_by_role("button", name="Save & test").click(delay=200)
    page.get_by_text(answer).first.wait_for()


def fill_in_step_by_step(bed: Bed, page: Page) -> None:
    """Follow what the backend asks for until it is content."""
    bed.expect("400")  # the failing checks
    labels = page.locator("label", has_text="*").all_inner_texts()
    assert [label.strip() for label in labels] == MARKED
    press(page, "Method > Token (auth.token) is required")
    page.get_by_label("Token *").fill("t0k")
    press(page, "API key is required; Team is required")
    page.get_by_label("API key *").fill("s3cret")
    page.get_by_label("Team *").fill("far")
    page.get_by_label("Team *").press("Tab")
    page.get_by_label("Proxy *").wait_for()
    press(page, "Proxy is required")
    page.get_by_label("Proxy *").fill("p")
    press(page, "answers from everywhere")


def test_what_is_marked_is_what_the_backend_refuses(required: Bed) -> None:
    page = required.open()
    page.get_by_label("API key *").focus()
    page.get_by_label("API key *").press("Tab")
    page.get_by_text("API key is required", exact=True).wait_for()
    fill_in_step_by_step(required, page)
    found = required.bridge.settings
    assert (found.api_key.get_secret_value(), found.auth.token.get_secret_value()) == ("s3cret", "t0k")
    assert required.store.to_json()["jsonData"] == {"team": "far", "proxy": "p"}
    page.get_by_text("is required").first.wait_for(state="detached")
    required.picture(page, "settings")


def test_the_plain_page_marks_the_same(plain_required: Bed) -> None:
    fill_in_step_by_step(plain_required, plain_required.open())


def change_a_part(bed: Bed, page: Page) -> None:
    """Change one value of each default that holds a model."""
    bed.expect("400")
    user, low, high = (page.get_by_label(label, exact=True) for label in ("User *", "Low", "High"))
    assert (user.input_value(), high.input_value()) == ("bob", "50")
    user.fill("eve")
    user.press("Tab")
    low.fill("1")
    low.press("Tab")
    assert (user.input_value(), high.input_value()) == ("eve", "50")
    press(page, "Method > Token (auth.token) is required; Second > Password is required")
    stored = bed.store.to_json()["jsonData"]
    assert stored["second"] == {"kind": "login", "user": "eve"}
    assert stored["range"] == {"low": 1, "high": 50}


def test_a_change_in_a_default_keeps_the_rest_of_it(required: Bed) -> None:
    change_a_part(required, required.open())


def test_a_change_in_a_default_keeps_the_rest_of_it_on_the_plain_page(plain_required: Bed) -> None:
    change_a_part(plain_required, plain_required.open())
