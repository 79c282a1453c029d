"""What PyInstaller is told for one plugin and one target; nothing is run here."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from plugin_cli.build.author_code import AuthorCode, imported_names
from plugin_cli.build.bundle.exclusions import DROPPED_FILES, DROPPED_HOOKS, EXCLUDED_MODULES, HIDDEN_MODULES
from plugin_cli.build.settings import BuildSettings
from plugin_cli.errors import ProjectError
from plugin_cli.project import Project
from plugin_cli.target import Target

RECIPE = Path(__file__).parent / "pyinstaller"


@dataclass(frozen=True)
class Plan:
    """The values of `pyinstaller/bundle.spec`.

    Attributes:
        entry_script: what the executable runs first.
        hooks: the folder of what PyInstaller is told about single packages.
        runtime_hook: what runs before it.
        backend: the folder of the author's packages.
        own: the author's top-level names, which are compiled into the bundle separately.
        hidden_imports: modules that no import statement names.
        collect: packages that go in whole.
        excludes: modules that stay out.
        data: files and folders with their folder in the bundle.
        dropped_hooks: start hooks of PyInstaller that are left out.
        dropped_files: patterns of files that are left out.
        executable: the program's name without `.exe`.
        contents_directory: the folder of everything but the program, seen from the program.
        optimize: the level of Python's optimisation.
    """

    entry_script: str
    hooks: str
    runtime_hook: str
    backend: str
    own: tuple[str, ...]
    hidden_imports: tuple[str, ...]
    collect: tuple[str, ...]
    excludes: tuple[str, ...]
    data: tuple[tuple[str, str], ...]
    dropped_hooks: tuple[str, ...]
    dropped_files: tuple[str, ...]
    executable: str
    contents_directory: str
    optimize: int

    def to_json(self) -> str:
        """Return the plan as the recipe reads it."""
        return json.dumps(asdict(self), indent=1, sort_keys=True)


def plan_bundle(project: Project, code: AuthorCode, settings: BuildSettings, target: Target) -> Plan:
    """Return the plan for building `project` on a machine that is `target`.

    Raises:
        ProjectError: a data file of the settings does not exist.
    """
    linux = target.os == "linux"
    hidden = (*HIDDEN_MODULES, *code.modules, *settings.hidden_imports)
    return Plan(
        entry_script=str(RECIPE / "entry.py"),
        hooks=str(RECIPE / "hooks"),
        runtime_hook=str(RECIPE / "runtime_hook.py"),
        backend=str(project.backend.folder),
        own=code.top_level,
        hidden_imports=tuple(dict.fromkeys(hidden)),
        collect=settings.collect,
        excludes=_excludes(code, settings),
        data=_data(project, settings),
        dropped_hooks=tuple(DROPPED_HOOKS),
        dropped_files=tuple(DROPPED_FILES),
        # On Linux the launcher has the plugin's name and the program lies among its files.
        executable="app" if linux else target.executable(project.executable).removesuffix(".exe"),
        contents_directory="." if linux else target.folder,
        optimize=settings.optimize,
    )


def _excludes(code: AuthorCode, settings: BuildSettings) -> tuple[str, ...]:
    wanted = {*imported_names(code), *settings.hidden_imports, *settings.collect}
    kept = {name for name in EXCLUDED_MODULES if any(w == name or w.startswith(f"{name}.") for w in wanted)}
    return (*sorted(set(EXCLUDED_MODULES) - kept), *settings.exclude)


def _data(project: Project, settings: BuildSettings) -> tuple[tuple[str, str], ...]:
    """Return each file or folder with the folder in the bundle that PyInstaller shall put it in."""
    pairs = []
    for entry in settings.data:
        origin, _, place = entry.partition("=")
        path = project.root / origin
        if not path.exists():
            raise ProjectError(
                f"pyproject.toml: [tool.plugin-cli] data names what is not there: {origin}",
                remedy='give a path seen from the repository, e.g. data = ["assets=weather/assets"]',
            )
        pairs.append((str(path), place or (origin if path.is_dir() else str(Path(origin).parent))))
    return tuple(pairs)
