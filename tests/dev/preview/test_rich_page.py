"""The rich page is shipped, or built once in the background while the plain one serves."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.exceptions import HTTPException

from plugin_cli.console import TerminalConsole
from plugin_cli.dev.preview import rich_page as module
from plugin_cli.dev.preview.rich_page import (
    VARIABLE,
    Page,
    PageBuild,
    build_rich_page,
    plain_page_requested,
    rich_page,
)
from plugin_cli.errors import PluginCliError, UsageError
from plugin_cli.session.log import LogWriter
from plugin_cli.system.cache import cache_dir
from plugin_cli.system.process import StoppedError

CONSOLE = TerminalConsole()
NEVER = threading.Event()
BUILD = "node -e \"fs.mkdirSync('dist'); fs.writeFileSync('dist/index.html', fs.readFileSync('src/page'))\""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page as small as can be, built by a real npm, instead of the tool's own."""
    folder = tmp_path / "preview"
    for name in ("src", "build"):
        (folder / name).mkdir(parents=True)
    (folder / "src" / "page").write_text("<title>rich</title>")
    _script(folder, BUILD)
    (folder / "vite.config.js").touch()
    monkeypatch.setattr(module, "preview_dir", lambda: tmp_path / "shipped")
    monkeypatch.setattr(module, "preview_source_dir", lambda: folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(VARIABLE)
    return folder


def _script(folder: Path, build: str) -> None:
    package = {"name": "page", "version": "1.0.0", "private": True, "scripts": {"build": build}}
    lock = {"name": "page", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": package}}
    (folder / "package.json").write_text(json.dumps(package))
    (folder / "package-lock.json").write_text(json.dumps(lock))


@pytest.fixture
def changes() -> list[Page]:
    return []


@pytest.fixture
def build(source: Path, tmp_path: Path, changes: list[Page]) -> Iterator[PageBuild]:
    made = PageBuild(CONSOLE, LogWriter(tmp_path / "log"), changes.append)
    yield made
    made.stop()


def _wait(build: PageBuild) -> None:
    assert build._thread is not None
    build._thread.join()


def _text(page: Page) -> str:
    return bytes(page.response("index.html").body).decode()


def test_the_shipped_page_is_taken_as_it_is(source: Path, tmp_path: Path) -> None:
    (tmp_path / "shipped").mkdir()
    (tmp_path / "shipped" / "index.html").touch()

    assert rich_page() == tmp_path / "shipped"
    assert not cache_dir().exists()


def test_it_is_built_once_and_said_so(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rich_page() is None

    built = build_rich_page(CONSOLE, NEVER)

    assert (built / "index.html").read_text() == "<title>rich</title>"
    assert "building the preview's page, this once ..." in capsys.readouterr().err
    assert rich_page() == built
    assert build_rich_page(CONSOLE, NEVER) == built
    assert "building" not in capsys.readouterr().err
    assert sorted(path.name for path in built.parent.iterdir()) == sorted([".lock", built.name])
    assert [path.name for path in built.iterdir()] == ["index.html"]


def test_other_sources_are_another_page(source: Path) -> None:
    before = build_rich_page(CONSOLE, NEVER)
    (source / "src" / "page").write_text("<title>richer</title>")

    assert rich_page() is None
    after = build_rich_page(CONSOLE, NEVER)

    assert after != before
    assert (after / "index.html").read_text() == "<title>richer</title>"


def test_the_plain_page_serves_meanwhile_and_gives_way(build: PageBuild, changes: list[Page]) -> None:
    assert "Plugin preview" in _text(build.page)

    build.start()
    _wait(build)

    assert _text(build.page) == "<title>rich</title>"
    assert build.page.note == ""
    assert changes == [build.page]
    with pytest.raises(HTTPException):
        build.page.response("main.js")


def test_the_page_is_there_before_what_it_was_built_from_is_removed(source: Path) -> None:
    left: list[Path] = []

    built = build_rich_page(CONSOLE, NEVER, lambda rich: left.extend(rich.parent.glob(".partial-*-rest")))

    assert len(left) == 1
    assert not left[0].exists()
    assert sorted(path.name for path in built.parent.iterdir()) == sorted([".lock", built.name])


def test_whoever_ends_the_session_does_not_wait_for_the_removal_which_the_next_one_does(
    source: Path, tmp_path: Path, changes: list[Page]
) -> None:
    stopped = threading.Event()

    built = build_rich_page(CONSOLE, stopped, lambda rich: stopped.set())

    (left,) = built.parent.glob(".partial-*-rest")
    (left / "node_modules" / "package").mkdir(parents=True)
    after = PageBuild(CONSOLE, LogWriter(tmp_path / "log"), changes.append)
    after.start()
    _wait(after)
    assert not left.exists()
    assert _text(after.page) == "<title>rich</title>"
    assert changes == []


def test_the_next_session_shows_it_at_once(build: PageBuild, tmp_path: Path, changes: list[Page]) -> None:
    build.start()
    _wait(build)

    after = PageBuild(CONSOLE, LogWriter(tmp_path / "log"), changes.append)
    after.start()

    assert _text(after.page) == "<title>rich</title>"
    assert after._thread is None


def test_a_build_that_fails_leaves_nothing_and_says_why(
    source: Path, build: PageBuild, changes: list[Page], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _script(source, "echo no such component >&2; exit 1")

    build.start()
    assert "is being built" in build.page.note
    _wait(build)

    said = capsys.readouterr().err
    assert said.count("warning: the page stays the plain one until the next `dev up`") == 1
    assert "no such component" in said
    assert build.page.note == "the page stays the plain one: the preview's page cannot be built"
    assert changes == [build.page]
    assert "Plugin preview" in _text(build.page)
    assert [path.name for path in (cache_dir() / "preview").iterdir()] == [".lock"]
    assert "no such component" in (tmp_path / "log").read_text()


def test_an_ended_session_stops_the_build(source: Path, build: PageBuild, changes: list[Page]) -> None:
    _script(source, "node -e \"fs.writeFileSync('begun', ''); setInterval(() => {}, 1000)\"")
    build.start()
    while not list((cache_dir() / "preview").glob(".partial-*/.work/begun")):
        assert build._thread is not None
        assert build._thread.is_alive()
        NEVER.wait(0.05)

    build.stop()

    assert changes == []
    assert [path.name for path in (cache_dir() / "preview").iterdir()] == [".lock"]


def test_whoever_waits_for_another_build_can_be_stopped(source: Path) -> None:
    stopped = threading.Event()
    stopped.set()
    _script(source, 'node -e "setInterval(() => {}, 1000)"')
    with pytest.raises(StoppedError):
        build_rich_page(CONSOLE, stopped)


def test_a_cache_that_cannot_be_written_is_named(source: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").touch()
    with pytest.raises(PluginCliError, match=r"/(preview|node) cannot be written"):
        build_rich_page(CONSOLE, NEVER)


def test_without_a_network_the_plain_page_serves_with_the_reason(
    source: Path, build: PageBuild, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lock = json.loads((source / "package-lock.json").read_text())
    lock["packages"]["node_modules/absent"] = {"version": "1.0.0", "integrity": "sha512-AAAA"}
    lock["packages"][""]["dependencies"] = {"absent": "1.0.0"}
    (source / "package-lock.json").write_text(json.dumps(lock))
    package = json.loads((source / "package.json").read_text()) | {"dependencies": {"absent": "1.0.0"}}
    (source / "package.json").write_text(json.dumps(package))
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_fetch_retries", "0")

    build.start()
    _wait(build)

    reason = "the preview's page cannot be built: the npm registry cannot be reached"
    assert build.page.note == f"the page stays the plain one: {reason}"


def test_who_wants_the_plain_page_keeps_it(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: list[Page]
) -> None:
    monkeypatch.setenv(VARIABLE, "plain")
    build = PageBuild(CONSOLE, LogWriter(tmp_path / "log"), changes.append)
    build.start()

    assert build._thread is None
    assert build.page.note == ""


def test_a_page_that_does_not_exist_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "fancy")
    with pytest.raises(UsageError, match="allowed: plain, rich"):
        plain_page_requested()
