"""One Chromium for all browser tests; a preview of its own for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plugin_cli.resources import frontend_runtime_dir
from tests.frontend.bed import CHROMIUM_ARGUMENTS, ROOT, Bed, chromium, serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PLAIN = [ROOT / "plugin_cli" / "dev" / "preview" / "page", frontend_runtime_dir()]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    path = chromium()
    if path is None:
        pytest.skip("chromium is not installed")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def plain(browser: Browser, tmp_path: Path) -> Iterator[Bed]:
    with serve(PLAIN, tmp_path / "dist", browser, "plain") as bed:
        yield bed


@pytest.fixture
def plain_read_only(browser: Browser, tmp_path: Path) -> Iterator[Bed]:
    with serve(PLAIN, tmp_path / "dist", browser, "plain-read-only", read_only=True) as bed:
        yield bed


# Grafana's lines: React 19, React 18, and the oldest that is supported.
LINES = {"13.2": "dist", "12.4": "12.4/dist", "11.6": "11.6/dist"}


def _lines() -> Iterator[Any]:
    for line in LINES:
        yield pytest.param(line, marks=[pytest.mark.nightly] if line == "11.6" else [])


@pytest.fixture(scope="session", params=_lines())
def line(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def rich_folder(line: str) -> Path:
    folder = ROOT / "frontend" / "preview" / LINES[line]
    if not (folder / "index.html").is_file():
        wanted = "scripts/preview" + ("" if line == "13.2" else f" {line}")
        needs_node = "" if shutil.which("npm") else "optional: needs Node 20.19 or newer: "
        pytest.skip(f"{needs_node}the rich page is not built ({wanted})")
    return folder


@pytest.fixture
def rich(browser: Browser, rich_folder: Path, line: str, tmp_path: Path) -> Iterator[Bed]:
    with serve([rich_folder], tmp_path / "dist", browser, f"rich-{line}") as bed:
        yield bed


@pytest.fixture
def rich_read_only(browser: Browser, rich_folder: Path, line: str, tmp_path: Path) -> Iterator[Bed]:
    with serve([rich_folder], tmp_path / "dist", browser, f"rich-{line}-read-only", read_only=True) as bed:
        yield bed
