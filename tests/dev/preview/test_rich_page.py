from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from plugin_cli.console import TerminalConsole
from plugin_cli.dev.preview import rich_page as module
from plugin_cli.dev.preview.rich_page import rich_page
from plugin_cli.system.cache import cache_dir

BUILD = "node -e \"fs.mkdirSync('dist'); fs.writeFileSync('dist/index.html', fs.readFileSync('src/page'))\""
needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="optional: needs Node")


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page as small as can be, built by a real npm, in the place of the checkout's."""
    folder = tmp_path / "preview"
    for name in ("src", "build"):
        (folder / name).mkdir(parents=True)
    (folder / "src" / "page").write_text("<title>rich</title>")
    package = {"name": "page", "version": "1.0.0", "private": True, "scripts": {"build": BUILD}}
    lock = {"name": "page", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": package}}
    (folder / "package.json").write_text(json.dumps(package))
    (folder / "package-lock.json").write_text(json.dumps(lock))
    (folder / "vite.config.js").touch()
    monkeypatch.setattr(module, "preview_dir", lambda: tmp_path / "shipped")
    monkeypatch.setattr(module, "preview_source_dir", lambda: folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def console() -> TerminalConsole:
    return TerminalConsole()


def test_the_shipped_page_is_taken_as_it_is(source: Path, tmp_path: Path, console: TerminalConsole) -> None:
    (tmp_path / "shipped").mkdir()
    (tmp_path / "shipped" / "index.html").touch()

    assert rich_page(console) == tmp_path / "shipped"
    assert not cache_dir().exists()


@needs_npm
def test_a_checkout_builds_the_page_once_with_progress(
    source: Path, console: TerminalConsole, capsys: pytest.CaptureFixture[str]
) -> None:
    built = rich_page(console)

    assert built is not None
    assert (built / "index.html").read_text() == "<title>rich</title>"
    assert "building the preview's page, this once ..." in capsys.readouterr().err
    assert rich_page(console) == built
    assert capsys.readouterr().err == ""
    assert [path.name for path in built.parent.iterdir()] == [built.name]


@needs_npm
def test_other_sources_are_another_page(source: Path, console: TerminalConsole) -> None:
    before = rich_page(console)
    (source / "src" / "page").write_text("<title>richer</title>")

    after = rich_page(console)

    assert after is not None
    assert after != before
    assert (after / "index.html").read_text() == "<title>richer</title>"


@needs_npm
def test_a_build_that_fails_leaves_nothing_and_says_why(
    source: Path, console: TerminalConsole, capsys: pytest.CaptureFixture[str]
) -> None:
    package = json.loads((source / "package.json").read_text())
    package["scripts"] = {"build": "echo no such component >&2; exit 1"}
    (source / "package.json").write_text(json.dumps(package))

    assert rich_page(console) is None
    said = capsys.readouterr().err
    assert "the page is the plain one: the rich one could not be built" in said
    assert "no such component" in said
    assert list((cache_dir() / "preview").iterdir()) == []


def test_without_node_the_plain_page_serves(
    source: Path,
    console: TerminalConsole,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)

    assert rich_page(console) is None
    assert "npm is not installed" in capsys.readouterr().err


def test_away_from_a_checkout_a_release_is_named(
    source: Path,
    console: TerminalConsole,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(module, "preview_source_dir", lambda: None)

    assert rich_page(console) is None
    assert "without the rich page of a release" in capsys.readouterr().err
