"""The preview's page: on Grafana's own components, shipped or built from a checkout; else the plain one."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

from plugin_cli.console import Console
from plugin_cli.errors import PluginCliError
from plugin_cli.resources import frontend_runtime_dir, preview_dir, preview_source_dir
from plugin_cli.system.cache import cache_dir
from plugin_cli.system.process import child_environment, run

_SOURCES = ("src", "build", "package.json", "package-lock.json", "vite.config.js")


def rich_page(console: Console) -> Path | None:
    """Return the folder of the page; None, with the reason on the console, where there is none to be had."""
    shipped = preview_dir()
    if (shipped / "index.html").is_file():
        return shipped
    source, npm = preview_source_dir(), shutil.which("npm")
    if source is None:
        console.step("the page is the plain one: this installation came without the rich page of a release")
        return None
    if npm is None:
        console.step("the page is the plain one: Node builds the rich one, and npm is not installed")
        return None
    built = cache_dir() / "preview" / _digest(source)
    if (built / "index.html").is_file():
        return built
    try:
        with console.working("building the preview's page, this once"):
            _build(source, npm, built)
    except (PluginCliError, OSError) as error:
        console.warn(f"the page is the plain one: the rich one could not be built\n{error}")
        return None
    return built


def page_folders(rich: Path | None) -> list[Path]:
    """Return the folders of the page: the rich one where there is one, else the plain."""
    if rich is not None:
        return [rich]
    # The plain page shares the rules of the generated editors with them.
    return [Path(__file__).parent / "page", frontend_runtime_dir()]


def _digest(source: Path) -> str:
    digest = hashlib.sha256()
    for name in _SOURCES:
        place = source / name
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file():
                digest.update(path.relative_to(source).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _build(source: Path, npm: str, built: Path) -> None:
    built.parent.mkdir(parents=True, exist_ok=True)
    # Aside first: a build that is interrupted, or another that runs at the same time, leaves no half page.
    with tempfile.TemporaryDirectory(prefix="building-", dir=built.parent) as name:
        folder = Path(name)
        for part in _SOURCES:
            copy = shutil.copytree if (source / part).is_dir() else shutil.copy2
            copy(source / part, folder / part)
        what, env = "the preview's page cannot be built", child_environment()
        install = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error"]
        run(install, what=what, cwd=folder, env=env)
        run([npm, "run", "--silent", "build"], what=what, cwd=folder, env=env)
        if not built.is_dir():
            (folder / "dist").rename(built)
