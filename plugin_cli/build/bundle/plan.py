"""What PyInstaller is given to make the interpreter of a bundle; nothing is run here."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from plugin_cli.target import Target

RECIPE = Path(__file__).parent / "pyinstaller"

# PyInstaller's own start hooks that cost more than they give.
DROPPED_HOOKS: dict[str, str] = {
    "pyi_rth_multiprocessing": "imports multiprocessing at every start; entry.py does it when it is needed",
    "pyi_rth_pkgutil": "imports it at every start, to find modules in an archive that is not there",
    "pyi_rth_inspect": "imports 15 modules, a third of a bare start, to find sources that are not there",
}


@dataclass(frozen=True)
class Plan:
    """The values of `pyinstaller/bundle.spec`.

    Attributes:
        entry_script: what the executable runs first.
        runtime_hook: what runs before it.
        excludes: modules of the standard library that stay out, by name or pattern.
        binaries: compiled modules of packages, with their folder, whose libraries are looked up here.
        site: the folder that packages are installed in; none of its files is collected here.
        dropped_hooks: start hooks of PyInstaller that are left out.
        executable: the program's name without `.exe`.
        contents_directory: the folder of everything but the program, seen from the program.
        optimize: the level of Python's optimisation.
    """

    entry_script: str
    runtime_hook: str
    excludes: tuple[str, ...]
    binaries: tuple[tuple[str, str], ...]
    site: tuple[str, ...]
    dropped_hooks: tuple[str, ...]
    executable: str
    contents_directory: str
    optimize: int

    def to_json(self) -> str:
        """Return the plan as the recipe reads it."""
        return json.dumps(asdict(self), indent=1, sort_keys=True)


def plan_interpreter(
    executable: str,
    target: Target,
    *,
    excludes: tuple[str, ...],
    binaries: tuple[tuple[str, str], ...],
    site: tuple[str, ...],
    optimize: int,
) -> Plan:
    """Return the plan for a machine that is `target`.

    On Linux the launcher has the plugin's name and the program lies among its files, and libraries are found
    by `portable`; elsewhere PyInstaller looks them up for the packages too.
    """
    linux = target.os == "linux"
    return Plan(
        entry_script=str(RECIPE / "entry.py"),
        runtime_hook=str(RECIPE / "runtime_hook.py"),
        excludes=excludes,
        binaries=() if linux else binaries,
        site=site,
        dropped_hooks=tuple(DROPPED_HOOKS),
        executable="app" if linux else target.executable(executable).removesuffix(".exe"),
        contents_directory="." if linux else target.folder,
        optimize=optimize,
    )


def contents_folder(folder: Path, plan: Plan) -> Path:
    """Return where everything but the program lies in what PyInstaller made."""
    return folder / plan.contents_directory
