"""Which page the browser shows: the plain one while the rich one is built, a release's at once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.built_plugin import ROOT
from tests.frontend.bed import Bed

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
DIST = ROOT / "frontend" / "preview" / "dist"
_UV = Path(sys.executable).parent / "uv"


def test_an_open_plain_page_gives_way_to_the_rich_one(plain: Bed, tmp_path: Path) -> None:
    rich = tmp_path / "rich"
    rich.mkdir()
    (rich / "index.html").write_text("<title>rich</title><link rel='icon' href='data:,'><body>rich")
    plain.served.note = "it is being built"
    page = plain.open_and_listen()
    assert "plain preview" in page.inner_text("#about")
    assert page.inner_text("#about").endswith("it is being built")

    plain.events.page("the page stays the plain one: no network")
    page.get_by_text("no network").wait_for()
    plain.served.show(rich)
    plain.events.reload("frontend")

    page.locator("body", has_text="rich").and_(page.locator("body:not([data-ready])")).wait_for()
    assert page.title() == "rich"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_plain_page_has_the_colours_that_the_browser_prefers(plain: Bed, scheme: str) -> None:
    page = plain.open()
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    def brightness(selector: str, name: str) -> int:
        colour = page.locator(selector).first.evaluate(f"node => getComputedStyle(node).{name}")
        return sum(map(int, re.findall(r"\d+", colour)[:3]))

    for selector in ("body", "input:not([type=checkbox])", "button.main"):
        ground, ink = brightness(selector, "backgroundColor"), brightness(selector, "color")
        if selector != "button.main":
            assert (ground < 200) is (scheme == "dark"), selector
        assert abs(ground - ink) > 200, selector


@pytest.mark.e2e
def test_a_release_shows_the_rich_page_at_once(browser: Browser, tmp_path: Path) -> None:
    if not (DIST / "index.html").is_file():
        pytest.skip("optional: the rich page is not built (scripts/preview)")
    env = {name: value for name, value in os.environ.items() if name != "PLUGIN_CLI_PAGE"}
    env |= {"WITH_PREVIEW": "1", "WEATHER_API_KEY": "k", "PATH": "/usr/bin:/bin"}

    def run(*command: object, cwd: Path = tmp_path) -> str:
        words = [str(word) for word in command]
        done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(_UV, "build", "--quiet", "--wheel", "--out-dir", tmp_path, ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    run(_UV, "venv", "--quiet", "--python", sys.executable, "venv")
    run(_UV, "pip", "install", "--quiet", "--python", "venv/bin/python", wheel)
    tool = tmp_path / "venv" / "bin" / "plugin-cli"
    names = ["--type", "datasource", "--name", "Weather", "--org", "acme", "--backend", "--defaults"]
    run(tool, "create", "weather", *names)
    plugin = tmp_path / "weather"

    address = run(tool, "dev", "up", "--runtime", "preview", "--detach", cwd=plugin).split()[-1]
    try:
        page = browser.new_page()
        page.goto(address)
        page.wait_for_selector("body[data-ready='1']", timeout=60_000)
        assert "@grafana/ui" in page.inner_text("body")
        page.get_by_label("URL").first.wait_for()
    finally:
        run(tool, "dev", "down", cwd=plugin)
