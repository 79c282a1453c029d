"""A frontend that the author writes: built by the project's own npm scripts."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from plugin_cli.build.fingerprint import content_fingerprint
from plugin_cli.build.frontend.static_files import DOCUMENTS
from plugin_cli.build.frontend.typescript import write_generated
from plugin_cli.console import Console
from plugin_cli.errors import ProjectError
from plugin_cli.project import Project
from plugin_cli.system.parse import parse_json
from plugin_cli.venv.node import require_node
from plugin_cli.venv.npm import run_npm

# What a build reads besides src/: packages, and the settings of the tools that people build with.
_SOURCES: tuple[str, ...] = (
    "package.json",
    "*lock.json",
    "*.lock",
    "*lock.yaml",
    "tsconfig*.json",
    ".swcrc",
    ".config/**/*",
)
_SOURCES += tuple(f"{tool}.config.*" for tool in ("vite", "webpack", "rspack", "rollup", "esbuild"))
_LOCKS = {"yarn.lock": "yarn install", "pnpm-lock.yaml": "pnpm install"}
# How the tool that a script runs is told where to write; vite's is the rule.
_OUTPUT_FLAGS = {"webpack": "--output-path", "rspack": "--output-path"}


def has_own_frontend(project: Project) -> bool:
    """Tell whether the plugin brings `src/module.*` instead of leaving its editors to be generated."""
    return any(project.plugin_json.parent.glob("module.[tj]s*"))


def frontend_inputs(project: Project) -> Iterator[tuple[str, Path]]:
    """Yield what the frontend is made of, by path; nothing for generated editors."""
    if not has_own_frontend(project):
        return
    source = project.plugin_json.parent
    made = source / "generated"  # follows from the models
    paths = [path for path in source.rglob("*") if path.is_file() and not path.is_relative_to(made)]
    paths += [path for pattern in _SOURCES for path in project.root.glob(pattern) if path.is_file()]
    for path in sorted(set(paths)):
        yield path.relative_to(project.root).as_posix(), path


def build_own_frontend(
    project: Project, schema: Mapping[str, Any], out: Path, cache: Path, console: Console
) -> None:
    """Put the frontend into `out`, with what it takes from the models brought up to date first.

    The last one built is kept in the folder `cache` and taken again while its sources are the same: after
    an edit of the backend, and in a container that has no Node.

    Raises:
        PluginCliError: this machine has no Node, and it cannot be fetched either.
        ProjectError: there is no way to build it, or the build left no module.js.
        ToolFailedError: npm failed.
    """
    source = project.plugin_json.parent
    key = _key(project, schema)
    mark, made = cache / "key", cache / "out"
    if not (mark.is_file() and mark.read_text() == key):
        if (source / "generated").is_dir():
            write_generated(schema, source / "generated")
        shutil.rmtree(cache, ignore_errors=True)
        made.mkdir(parents=True)
        if (project.root / "package.json").is_file():
            _run_npm(project, made, console)
        else:
            _copy_plain(source, made)
        mark.write_text(key)
    shutil.copytree(made, out, dirs_exist_ok=True)


def _key(project: Project, schema: Mapping[str, Any]) -> str:
    described = json.dumps(schema, sort_keys=True)
    return hashlib.sha256(f"{content_fingerprint(frontend_inputs(project))}{described}".encode()).hexdigest()


def _run_npm(project: Project, out: Path, console: Console) -> None:
    package = _package(project)
    node = require_node(console, at_least=_node_needed(package))
    if not (project.root / "node_modules").is_dir():
        with console.working("installing the frontend's packages"):
            run_npm(node, _install_arguments(project), what="npm cannot install", cwd=project.root)
    flag = _output_flag(package)
    with console.working("building the frontend"), _existing(project.dist):
        arguments = ["run", "--silent", "build", "--", flag, str(out)]
        run_npm(node, arguments, what="the frontend cannot be built", cwd=project.root)
    if not (out / "module.js").is_file():
        raise ProjectError(
            "the frontend's build made no module.js",
            why=f"`npm run build -- {flag} FOLDER` has to write it into FOLDER",
            remedy='see the script "build" in package.json',
        )
    # Bundlers of create-plugin copy these too, but without the version that goes in.
    for name in ("plugin.json", *DOCUMENTS):
        (out / name).unlink(missing_ok=True)


@contextmanager
def _existing(folder: Path) -> Iterator[None]:
    """Let `folder` exist meanwhile: create-plugin's webpack reads it, wherever its output goes."""
    is_new = not folder.exists()
    folder.mkdir(exist_ok=True)
    try:
        yield
    finally:
        if is_new and not any(folder.iterdir()):
            folder.rmdir()


def _install_arguments(project: Project) -> list[str]:
    if (project.root / "package-lock.json").is_file():
        return ["ci", "--no-audit", "--no-fund"]
    for lock, command in _LOCKS.items():
        if (project.root / lock).is_file():
            raise ProjectError(
                "the frontend's packages are not installed",
                why=f"{lock} is not npm's, and there is no node_modules/",
                remedy=f"{command}   (then the same again)",
            )
    return ["install", "--no-audit", "--no-fund"]


def _package(project: Project) -> dict[str, Any]:
    try:
        package = parse_json((project.root / "package.json").read_bytes())
    except (OSError, ValueError):
        package = None
    return package if isinstance(package, dict) else {}  # npm says what is wrong with it


def _node_needed(package: Mapping[str, Any]) -> int:
    """Return the oldest major version of Node that package.json names, as in `">=22"`; 0 for none."""
    engines = package.get("engines")
    found = (
        re.match(r"\s*(?:>=|\^|~)?\s*v?(\d+)", str(engines.get("node", "")))
        if isinstance(engines, dict)
        else None
    )
    return int(found[1]) if found else 0


def _output_flag(package: Mapping[str, Any]) -> str:
    """Return how the script `build` is told where to write."""
    scripts = package.get("scripts")
    words = str(scripts.get("build", "")).split() if isinstance(scripts, dict) else []
    return next((flag for word in reversed(words) if (flag := _OUTPUT_FLAGS.get(word))), "--outDir")


def _copy_plain(source: Path, out: Path) -> None:
    if not (source / "module.js").is_file():
        raise ProjectError(
            "the frontend cannot be built",
            why="there is a src/module.* but no package.json beside src/",
            remedy="plugin-cli add react   (or remove src/module.* to have the editors generated)",
        )
    for name in ("module.js", "module.js.map"):
        if (source / name).is_file():
            shutil.copyfile(source / name, out / name)
