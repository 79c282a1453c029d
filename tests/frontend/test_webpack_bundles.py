"""A frontend that webpack bundled as @grafana/create-plugin sets it up: externals, a lazy chunk, CSS, an asset.

`webpack/kept` is what `npm ci && npm run build` makes of `webpack/src`; the nightly test makes it anew.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.frontend.bed import Bed, serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
SOURCE = Path(__file__).parent / "webpack"


@pytest.fixture
def bundled(browser: Browser, rich_folder: Path, line: str, tmp_path: Path) -> Iterator[Bed]:
    shutil.copytree(SOURCE / "kept", tmp_path / "dist")
    with serve([rich_folder], tmp_path / "dist", browser, f"rich-{line}-webpack") as bed:
        yield bed


def drive(bed: Bed) -> None:
    """Set the data source up and ask it, through the bundle's own editors."""
    page = bed.open()
    page.get_by_label("Address").fill(
        "https://example.org"
    )  # `capitalize` of the shared lodash wrote the label
    page.get_by_label("Key").fill("s3cret")
    logo = page.get_by_role("img", name="logo of the bundle")
    assert logo.evaluate("image => [image.naturalWidth > 0, image.clientWidth]") == [True, 24]
    page.get_by_role("button", name="Save & test").click()
    page.get_by_text("answers from eu").wait_for()
    assert bed.bridge.settings.api_key.get_secret_value() == "s3cret"
    page.get_by_role("tab", name="Query").click()
    own = page.locator(".of-the-bundle")
    own.wait_for()  # a chunk, from the folder that module.js came from
    assert own.evaluate("element => getComputedStyle(element).borderLeftColor") == "rgb(1, 120, 60)"
    page.get_by_label("Name").fill("on $host")
    page.get_by_label("Name").press("Tab")
    page.locator("[data-testid=result]").get_by_text("on web1").wait_for()
    assert bed.bridge.last.alias == "on web1"
    bed.picture(page, "query")


def test_a_bundle_of_webpack_is_loaded_with_its_chunk_style_and_asset(bundled: Bed) -> None:
    drive(bundled)


@pytest.mark.nightly
def test_a_bundle_made_anew_is_loaded_and_one_for_development_is_refused_with_the_reason(
    browser: Browser, tmp_path: Path
) -> None:
    npm, page_folder = shutil.which("npm"), SOURCE.parents[2] / "frontend" / "preview" / "dist"
    if npm is None or not page_folder.is_dir():
        pytest.skip("optional: needs npm and scripts/preview")
    project = tmp_path / "project"
    shutil.copytree(SOURCE, project, ignore=shutil.ignore_patterns("kept", "node_modules"))
    for command in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        subprocess.run([npm, *command], cwd=project, check=True, capture_output=True)
    with serve([page_folder], project / "dist", browser, "rich-webpack-new") as bed:
        drive(bed)
    subprocess.run([npm, "run", "dev"], cwd=project, check=True, capture_output=True)
    with serve([page_folder], project / "dist", browser, "rich-webpack-dev") as bed:
        bed.expect("unsafe-eval")
        bed.open().get_by_text("as webpack's development builds do").wait_for()


EVALUATES = "define(['react'], (React) => { eval('1'); return {}; });"


def test_a_bundle_that_evaluates_text_is_refused_with_the_reason(
    browser: Browser, rich_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "module.js").write_text(EVALUATES)
    with serve([rich_folder], tmp_path / "dist", browser, "rich-eval") as bed:
        bed.expect("unsafe-eval")
        bed.open().get_by_text("Build it for production (npm run build)").wait_for()
