"""Adds a Python backend to a plugin repository that something else has made, and touches nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from plugin_cli.errors import PluginCliError, ProjectError, UsageError
from plugin_cli.naming import Names, plugin_names
from plugin_cli.project import Project, find_project
from plugin_cli.scaffold.answers import STATE_FOLDER, Tool, complete
from plugin_cli.scaffold.json_text import with_keys
from plugin_cli.scaffold.merge import apply, require_clean
from plugin_cli.scaffold.render import Tree, render
from plugin_cli.system.parse import ParseError, parse_json

_METADATA, _IGNORED = "src/plugin.json", ".gitignore"
_KINDS = ("datasource",)
_GO = ("Magefile.go", "go.mod", "pkg")
_SCRIPTS = (".ts", ".tsx", ".js", ".jsx")


@dataclass(frozen=True)
class AdoptResult:
    """What was added, or would be.

    Attributes:
        root: the plugin's folder.
        added: new files, by their path.
        changed: files of the author's to which something was added.
        package: the import package of the backend.
        notes: what the author has to know, one sentence each.
    """

    root: Path
    added: tuple[str, ...]
    changed: tuple[str, ...]
    package: str
    notes: tuple[str, ...]


def adopt(root: Path, tool: Tool, *, dry_run: bool = False) -> AdoptResult:
    """Give the plugin a Python backend.

    Args:
        root: the plugin's folder, or one below it.
        tool: the running tool.
        dry_run: report what would be added and write nothing.

    Raises:
        ProjectError: the plugin cannot have one, has one already, or has uncommitted changes.
        ToolMissingError: git is not installed.
        PluginCliError: a file cannot be written; the repository is as it was.
    """
    project = find_project(root)
    _check(project)
    names = _names(project)
    files = render(tool.templates, _data(project, names, tool))
    ignored = files.pop(_IGNORED).decode()
    _check_free(project, files)
    if not dry_run:
        require_clean(project.root)
    changed = {
        _METADATA: _metadata(project, names),
        _IGNORED: _with_lines(project.root / _IGNORED, ignored),
    }
    changed = {name: text for name, text in changed.items() if text != _read(project.root / name)}
    if not dry_run:
        apply(
            project.root,
            files | {name: text.encode("utf-8", "surrogateescape") for name, text in changed.items()},
        )
    notes = tuple(_notes(project))
    return AdoptResult(project.root, tuple(sorted(files)), tuple(changed), names.package, notes)


def _check(project: Project) -> None:
    if (project.root / STATE_FOLDER / "answers.json").is_file():
        raise ProjectError(
            f"{project.plugin_id} was made by plugin-cli",
            why="adopt is for repositories that something else has made",
            remedy="plugin-cli add backend   (if it has none)",
        )
    if project.kind not in _KINDS:
        raise ProjectError(
            f"a plugin of type {project.kind!r} cannot be given a backend",
            why=f"adopt knows these types: {', '.join(_KINDS)}",
            remedy="plugin-cli create   (a data source that the panel shows, for example)",
        )


def _check_free(project: Project, files: Tree) -> None:
    """Refuse to overwrite what the author has."""
    backend = project.root / "backend"
    taken = [name for name in files if (project.root / name).exists()]
    if backend.is_dir() and any(backend.iterdir()):
        taken.append("backend/")
    if taken:
        raise ProjectError(
            f"the repository has {', '.join(sorted(taken))} already",
            why="adopt writes files of these names, and overwrites nothing",
            remedy="rename yours (git mv OLD NEW), commit, and run it again",
        )


def _names(project: Project) -> Names:
    """Return the names of the backend; the id, and an executable that is named, stay."""
    organisation, *middle = project.plugin_id.split("-")
    title = " ".join(middle[:-1]) or organisation
    try:
        given = str(project.metadata.get("name") or title)
        names = plugin_names(kind=project.kind, name=given, org=organisation)
    except UsageError:  # a title in another script: the id is always spelt in a-z
        names = plugin_names(kind=project.kind, name=title, org=organisation)
    executable = project.metadata.get("executable")
    return replace(
        names,
        plugin_id=project.plugin_id,
        executable=executable if isinstance(executable, str) and executable else names.executable,
    )


def _data(project: Project, names: Names, tool: Tool) -> dict[str, object]:
    given = {"type": project.kind, "name": names.plugin_id, "org": names.plugin_id}
    return {
        **complete(given, tool.templates).values,
        **asdict(names),
        "requirement": tool.requirement,
        "version": _version(project),
        "adopted": True,
        "workflows": (project.root / ".github" / "workflows").is_dir(),
    }


def _version(project: Project) -> str:
    """Return the version that the plugin has: of plugin.json, or of package.json, which fills it in there."""
    found: list[object] = []
    with suppress(AttributeError):
        found.append(project.metadata.get("info", {}).get("version"))
    with suppress(OSError, ParseError, AttributeError):
        found.append(parse_json((project.root / "package.json").read_bytes()).get("version"))
    return next((text for text in found if isinstance(text, str) and re.match(r"\d+\.\d+", text)), "0.1.0")


def _metadata(project: Project, names: Names) -> str:
    """Return plugin.json with the keys by which Grafana finds a backend."""
    keys: dict[str, object] = {"backend": True, "executable": names.executable}
    if project.kind == "datasource":
        keys["alerting"] = True
    missing = {key: value for key, value in keys.items() if project.metadata.get(key) != value}
    try:
        text = project.plugin_json.read_bytes().decode("utf-8-sig")
        return with_keys(text, missing, before="id")
    except ValueError as error:
        raise PluginCliError(
            f"{project.plugin_json} cannot be extended",
            why=str(error),
            remedy=f"set these keys in it by hand: {', '.join(keys)}",
        ) from error


def _read(path: Path) -> str | None:
    return path.read_bytes().decode("utf-8", "surrogateescape") if path.is_file() else None


def _with_lines(path: Path, lines: str) -> str:
    """Return the file with those of `lines` that it lacks."""
    text = _read(path) or ""
    present = {line.strip().strip("/") for line in text.splitlines()}
    missing = [line for line in lines.splitlines() if line.strip().strip("/") not in present]
    if not any(line and not line.startswith("#") for line in missing):
        return text
    newline = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text else newline if text.endswith("\n") else newline * 2
    return text + gap + newline.join(missing) + newline


def _notes(project: Project) -> Iterator[str]:
    go = [name for name in _GO if (project.root / name).exists()]
    if go:
        yield (
            f"the Go backend ({', '.join(go)}) stays, and mage builds it under the same name as plugin-cli: "
            "dist/ holds the last one built; remove it, also from the workflows, when the Python one is whole"
        )
    scripts = [path for path in (project.root / "src").rglob("*") if path.suffix in _SCRIPTS]
    if (
        scripts
        and project.kind == "datasource"
        and not any("DataSourceWithBackend" in path.read_text("utf-8", "replace") for path in scripts)
    ):
        yield (
            "src/: let the data source's class extend DataSourceWithBackend of @grafana/runtime and drop its "
            "query() and testDatasource(), so that Grafana asks the backend"
        )
