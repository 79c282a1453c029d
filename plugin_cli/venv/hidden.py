"""Refuses a module of the plugin that would be imported in place of a library."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from plugin_cli.errors import ProjectError
from plugin_cli.project import Project

# The scaffold's own folder of tests; libraries that install a package `tests` do so by mistake.
_ALLOWED = frozenset({"tests", "conftest"})
_EXTENSIONS = ("so", "pyd")


def check_module_names(project: Project, site_packages: Path) -> None:
    """Refuse a module in `backend/` with the import name of a library or of a module of Python.

    `backend/` comes first on the import path, from source and in the built plugin, so `import redis` would
    find the plugin itself.

    Raises:
        ProjectError: naming the module and what it hides.
    """
    for name, path in _own_modules(project.root / "backend"):
        hidden = _hidden_by(name, site_packages)
        if hidden:
            shown = path.relative_to(project.root).as_posix()
            other = shown.replace(name, f"{name}_{project.kind}")
            raise ProjectError(
                f"{shown} hides {hidden}",
                why=f"'import {name}' finds the plugin's own code in its place",
                remedy=f"git mv {shown} {other}   (and change the name in imports and in serve(...))",
            )


def _own_modules(backend: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(backend.iterdir()) if backend.is_dir() else ():
        name = path.stem if path.suffix == ".py" else path.name
        if name.isidentifier() and name not in _ALLOWED and (path.suffix == ".py" or _holds_code(path)):
            yield name, path


def _holds_code(folder: Path) -> bool:
    return folder.is_dir() and next(folder.glob("*.py"), None) is not None


def _hidden_by(name: str, site_packages: Path) -> str:
    """Return words for what `name` hides; empty where it hides nothing."""
    if name in sys.stdlib_module_names:
        return f"Python's own module {name}"
    compiled = (found for suffix in _EXTENSIONS for found in site_packages.glob(f"{name}.*{suffix}"))
    if not (
        (site_packages / name).is_dir() or (site_packages / f"{name}.py").is_file() or next(compiled, None)
    ):
        return ""
    owner = _distribution_of(name, site_packages)
    return f"the installed package {owner or name}"


def _distribution_of(name: str, site_packages: Path) -> str:
    """Return the distribution whose record lists `name`; empty where none does."""
    for record in sorted(site_packages.glob("*.dist-info/RECORD")):
        lines = record.read_text("utf-8", "replace").splitlines()
        if any(line.startswith((f"{name}/", f"{name}.")) for line in lines):
            return record.parent.name.rpartition("-")[0].rpartition("-")[0]
    return ""
