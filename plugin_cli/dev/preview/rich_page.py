"""The preview's page on Grafana's own components: shipped with a release, else built once into the cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

from plugin_cli.console import Console
from plugin_cli.errors import UsageError
from plugin_cli.resources import frontend_runtime_dir, preview_dir, preview_source_dir
from plugin_cli.system.cache import cache_dir
from plugin_cli.system.made_once import made_once
from plugin_cli.venv.node import Node, require_node
from plugin_cli.venv.npm import run_npm

VARIABLE = "PLUGIN_CLI_PAGE"
"""`plain` keeps the plain page and fetches nothing; anything else is the rich one."""

_SOURCES = ("src", "build", "package.json", "package-lock.json", "vite.config.js")
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


def build_rich_page(console: Console, stopped: threading.Event) -> Path:
    """Build the page, or wait for another process that builds it, and return its folder.

    Raises:
        PluginCliError: there is no Node, npm cannot fetch what the page is made of, or the cache cannot be
            written.
        StoppedError: `stopped` was set meanwhile.
    """
    source = preview_source_dir()
    built = _built(source)
    node = require_node(console, stopped)
    with made_once(built, stopped) as folder:
        if folder is not None:
            console.step("building the preview's page, this once ...")
            _build(source, node, folder, stopped)
    return built


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


def _build(source: Path, node: Node, folder: Path, stopped: threading.Event) -> None:
    """Build in a folder inside `folder`, of which only the page remains."""
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
    shutil.rmtree(work)
