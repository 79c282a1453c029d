"""Which installed packages a plugin's bundle holds: what it declares, and what its code imports anyway."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from plugin_cli.build.author_code import AuthorCode, required_imports
from plugin_cli.build.bundle.exclusions import PACKAGES, STANDARD_LIBRARY
from plugin_cli.build.settings import BuildSettings
from plugin_cli.errors import ProjectError
from plugin_cli.project import Project
from plugin_cli.venv.installed import Installed, needed_by
from plugin_cli.venv.python_facts import PythonFacts
from plugin_cli.venv.tool_source import DISTRIBUTION


@dataclass(frozen=True)
class Declared:
    """The distributions of a bundle.

    Attributes:
        items: them, by name.
        undeclared: distributions that the code imports and no dependency brings, with the import.
        unowned: top-level modules that the code imports and that belong to no distribution.
    """

    items: dict[str, Installed]
    undeclared: dict[str, str]
    unowned: tuple[str, ...]


def declared(
    project: Project,
    code: AuthorCode,
    settings: BuildSettings,
    installed: Mapping[str, Installed],
    facts: PythonFacts,
) -> Declared:
    """Return what goes into the bundle of `project`."""
    requirements = [*_requirements(project), DISTRIBUTION]
    items = needed_by(requirements, installed)
    imported = [item.module for item in required_imports(code)]
    modules = [*imported, *settings.hidden_imports, *settings.collect]
    undeclared: dict[str, str] = {}
    unowned: set[str] = set()
    for module in dict.fromkeys(modules):
        top = module.partition(".")[0]
        if top in facts.names or top in code.top_level or top == "plugin_sdk":
            continue
        bringing = owners(module, installed, facts)
        if not bringing:
            unowned.add(top)
        elif not any(name in items for name in bringing):
            undeclared |= dict.fromkeys(bringing, module)
            items |= needed_by(bringing, installed)
    return Declared(dict(sorted(items.items())), undeclared, tuple(sorted(unowned)))


def _requirements(project: Project) -> list[str]:
    document = tomllib.loads((project.root / "pyproject.toml").read_text(encoding="utf-8"))
    found = document.get("project", {}).get("dependencies", [])
    return [text for text in found if isinstance(text, str)]


def owners(module: str, installed: Mapping[str, Installed], facts: PythonFacts) -> list[str]:
    """Return the distributions that bring `module`; of a namespace package, those of the part named."""
    for name in _with_parents(module):
        found = [
            item.name
            for item in installed.values()
            if any(_is_below(top, name) for top in item.modules(facts.extensions))
        ]
        if found:
            return found
    return []


def _with_parents(module: str) -> Iterable[str]:
    while module:
        yield module
        module = module.rpartition(".")[0]


def _is_below(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def check_names(
    settings: BuildSettings,
    installed: Mapping[str, Installed],
    code: AuthorCode,
    facts: PythonFacts,
) -> None:
    """Raise unless every name in the settings is one of something.

    Raises:
        ProjectError: it is not; the message has the nearest names.
    """
    modules = {name for item in installed.values() for name in item.modules(facts.extensions)}
    tops = {*(name.partition(".")[0] for name in modules), *facts.names, *code.top_level}
    lines = {line.name for line in (*PACKAGES, *STANDARD_LIBRARY)}
    for key, entries, known in (
        ("hidden-imports", settings.hidden_imports, tops),
        ("collect", settings.collect, {*tops, *installed}),
        ("include", settings.include, {*tops, *lines}),
        ("exclude", settings.exclude, {*tops, *installed}),
    ):
        for entry in entries:
            if not _is_known(entry, known, key):
                raise _unknown(key, entry, known)


def _is_known(entry: str, known: set[str], key: str) -> bool:
    return (
        entry in known
        or entry.partition(".")[0] in known
        or (key == "exclude" and "*" in entry)
        or (key == "exclude" and "/" in entry)
    )


def _unknown(key: str, entry: str, known: set[str]) -> ProjectError:
    near = get_close_matches(entry, sorted(known), n=3)
    return ProjectError(
        f"pyproject.toml: [tool.plugin-cli] {key} names what is not in the plugin's environment: {entry}",
        why=f"near it are: {', '.join(near)}" if near else None,
        remedy="correct the name, or add the package to [project] dependencies",
    )
