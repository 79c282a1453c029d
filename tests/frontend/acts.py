"""What a person does with the controls, by role and label: ids and classes differ between Grafana's lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page


def choose(page: Page, label: str, option: str) -> None:
    """Open a list and take one of its options."""
    page.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


def pick(page: Page, group: str, option: str) -> None:
    """Press one button of a row of buttons; what is drawn lies above or below the input, by line."""
    page.get_by_role("radiogroup", name=group).get_by_role("radio", name=option, exact=True).click(force=True)


def turn(page: Page, label: str, on: bool) -> None:
    """Turn a switch."""
    page.get_by_role("switch", name=label).set_checked(on, force=True)
