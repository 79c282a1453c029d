"""The preview's page: on Grafana's own components, shipped or built once; the plain one until it is there."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from starlette.responses import Response

from plugin_cli.console import Console
from plugin_cli.dev.preview.files import Files
from plugin_cli.errors import PluginCliError, UsageError
from plugin_cli.resources import frontend_runtime_dir, preview_dir, preview_source_dir
from plugin_cli.session.log import LogWriter
from plugin_cli.system.cache import cache_dir
from plugin_cli.system.made_once import made_once
from plugin_cli.system.process import StoppedError
from plugin_cli.venv.node import Node, require_node
from plugin_cli.venv.npm import run_npm

VARIABLE = "PLUGIN_CLI_PAGE"
"""`plain` keeps the plain page and fetches nothing; anything else is the rich one."""

_SOURCES = ("src", "build", "package.json", "package-lock.json", "vite.config.js")
_REST = "-rest"
_WHAT = "the preview's page cannot be built"


def plain_page_requested() -> bool:
    """Return True if the user wants the plain page.

    Raises:
        UsageError: the variable names no page.
    """
    value = os.environ.get(VARIABLE, "rich")
    if value not in ("plain", "rich"):
        raise UsageError(f"{VARIABLE} does not take {value!r}", why="allowed: plain, rich")
    return value == "plain"


def page_folders(rich: Path | None) -> list[Path]:
    """Return the folders of the page: the rich one where there is one, else the plain."""
    if rich is not None:
        return [rich]
    # The plain page shares the rules of the generated editors with them.
    return [Path(__file__).parent / "page", frontend_runtime_dir()]


def rich_page() -> Path | None:
    """Return the folder of the page if it is shipped or built."""
    shipped = preview_dir()
    if (shipped / "index.html").is_file():
        return shipped
    built = _built(preview_source_dir())
    return built if (built / "index.html").is_file() else None


def build_rich_page(
    console: Console, stopped: threading.Event, ready: Callable[[Path], None] | None = None
) -> Path:
    """Build the page, or wait for another process that builds it, and return its folder.

    Args:
        console: reports what is fetched and built.
        stopped: set by another thread when the page is no longer needed.
        ready: called with the folder before what it was built from is removed, which can take minutes.

    Raises:
        PluginCliError: there is no Node, npm cannot fetch what the page is made of, or the cache cannot be
            written.
        StoppedError: `stopped` was set meanwhile.
    """
    source = preview_source_dir()
    built = _built(source)
    node = require_node(console, stopped)
    left = None
    with made_once(built, stopped) as folder:
        if folder is not None:
            console.step("building the preview's page, this once ...")
            left = _build(source, node, folder, stopped)
    if ready is not None:
        ready(built)
    if left is not None:
        _remove(left, stopped)
    return built


def _remove(left: Path, stopped: threading.Event) -> None:
    """Remove what a page was built from, by packages: whoever ends the session need not wait for all."""
    packages = left / "node_modules"
    for part in [*(packages.iterdir() if packages.is_dir() else ()), left]:
        if stopped.is_set():
            return
        shutil.rmtree(part, ignore_errors=True)


def _left(source: Path) -> list[Path]:
    """Return what sessions that ended early have not removed."""
    return list(_built(source).parent.glob(f"*{_REST}"))


def _built(source: Path) -> Path:
    return cache_dir() / "preview" / _digest(source)


def _digest(source: Path) -> str:
    digest = hashlib.sha256()
    for path in _source_files(source):
        digest.update(path.relative_to(source).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _source_files(source: Path) -> Iterator[Path]:
    for name in _SOURCES:
        top = source / name
        yield from (path for path in (sorted(top.rglob("*")) if top.is_dir() else [top]) if path.is_file())


def _build(source: Path, node: Node, folder: Path, stopped: threading.Event) -> Path:
    """Build in a folder inside `folder`, of which only the page remains; return the rest, beside it."""
    work = folder / ".work"
    for path in _source_files(source):
        copy = work / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    install = ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--loglevel", "error"]
    for arguments in (install, ["run", "--silent", "build"]):
        run_npm(node, arguments, what=_WHAT, cwd=work, stopped=stopped)
    for path in (work / "dist").iterdir():
        path.rename(folder / path.name)
    # Named as what a killed build leaves, so that the next one removes it should this process be killed.
    return work.rename(folder.with_name(f"{folder.name}{_REST}"))


class Page:
    """The page that is served, and why it is the plain one."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._files = Files(folders)
        self.note = ""

    def show(self, rich: Path) -> None:
        """Serve the rich page from now on."""
        self._files, self.note = Files(page_folders(rich)), ""

    def response(self, path: str) -> Response:
        """Return a file of the page as an answer.

        Raises:
            HTTPException: 404, there is none.
        """
        return self._files.response(path)


class PageBuild:
    """Makes the rich page while the plain one serves.

    Args:
        console: reports what is fetched and built, and once why the page stays plain.
        log: of the session; a detached one is read there.
        changed: called when another page, or another reason for the plain one, is there.
    """

    def __init__(self, console: Console, log: LogWriter, changed: Callable[[Page], None]) -> None:
        self.page = Page(page_folders(None if plain_page_requested() else rich_page()))
        self._console = console
        self._log = log
        self._changed = changed
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin where the rich page is neither here nor unwanted; remove what earlier builds have left."""
        if rich_page() is None and not plain_page_requested():
            self.page.note = "the page on Grafana's own components is being built and will replace this one"
            self._begin(self._build)
        elif _left(preview_source_dir()):
            self._begin(self._tidy)

    def _begin(self, target: Callable[[], None]) -> None:
        self._thread = threading.Thread(target=target, name="rich-page")
        self._thread.start()

    def stop(self) -> None:
        """Stop what is fetched or built; what is half done goes."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def _tidy(self) -> None:
        for left in _left(preview_source_dir()):
            _remove(left, self._stopped)

    def _build(self) -> None:
        began = time.monotonic()
        try:
            build_rich_page(self._console, self._stopped, lambda rich: self._show(rich, began))
        except StoppedError:
            return
        except (PluginCliError, OSError) as error:
            self._stay_plain(error)
            self._changed(self.page)

    def _show(self, rich: Path, began: float) -> None:
        self.page.show(rich)
        self._report(f"the page on Grafana's own components is there after {time.monotonic() - began:.0f} s")
        self._changed(self.page)

    def _stay_plain(self, error: Exception) -> None:
        reason = str(error).partition("\n")[0]
        self.page.note = f"the page stays the plain one: {reason}"
        self._console.warn(f"the page stays the plain one until the next `dev up`\n  {error}")
        self._log.line("dev", "warn", f"the page stays the plain one: {error}")

    def _report(self, text: str) -> None:
        self._console.step(text)
        self._log.line("dev", "info", text)
