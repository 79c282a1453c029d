"""Accessibility rules of axe-core, run in the page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

# What @grafana/ui breaks by itself, by the beginning of a bed's name: the arrow of Grafana 11's list of several choices.
OWN_FAULTS = {"rich-11.6": "aria-allowed-attr"}


def own_faults(name: str) -> tuple[str, ...]:
    """Return the rules that no page of this line can keep."""
    return tuple(rule for start, rule in OWN_FAULTS.items() if name.startswith(start))


def violations(page: Page, selector: str = "body", ignored: tuple[str, ...] = ()) -> list[str]:
    """Return what breaks WCAG 2.1 A or AA in the part of the page, one line each."""
    package = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    script = next(Path(package.__file__).parent.rglob("axe.min.js"))
    # Evaluated over the debugger, as the page's policy allows no foreign script.
    page.evaluate(script.read_text(encoding="utf-8") + "\n;undefined")
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    found: dict[str, Any] = page.evaluate("([where, how]) => axe.run(where, how)", [selector, options])
    return [
        f"{rule['id']}: {rule['help']}: " + " | ".join(node["html"][:160] for node in rule["nodes"])
        for rule in found["violations"]
        if rule["id"] not in ignored
    ]
