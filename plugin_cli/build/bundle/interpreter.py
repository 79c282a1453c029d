"""The part of a bundle that is Python itself: the program, its compiled modules, the standard library."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from plugin_cli.build.bundle.compiling import compile_files
from plugin_cli.build.bundle.exclusions import STANDARD_LIBRARY, Exclusion
from plugin_cli.build.bundle.plan import RECIPE, Plan
from plugin_cli.build.fingerprint import tree_fingerprint
from plugin_cli.build.preflight import glibc_version
from plugin_cli.build.settings import leaves_out
from plugin_cli.build.stage import link_tree
from plugin_cli.system.json_file import read_json, write_json
from plugin_cli.venv.python_facts import PythonFacts

_PATHS = ("entry_script", "runtime_hook", "binaries", "site")
_RECIPE_KINDS = (".py", ".spec")
_NO_LIBRARY = ("site-packages", "dist-packages", "lib-dynload", "__pycache__", "sitecustomize.py")


@dataclass(frozen=True)
class Interpreter:
    """Python, made once for all plugins that need the same of it; the files are never written afterwards.

    Attributes:
        folder: the program, its compiled modules and the libraries they are linked to.
        library: the Python files of the standard library, compiled.
        origins: each file of both with the file of this machine it came from.
    """

    folder: Path
    library: Path
    origins: dict[str, str]


def interpreter_key(plan: Plan, facts: PythonFacts) -> str:
    """Return a hash of all that decides what is made, free of paths."""
    options = {name: value for name, value in asdict(plan).items() if name not in _PATHS}
    binaries = [location for _, location in plan.binaries]
    recipe = [path.read_text("utf-8") for path in sorted(RECIPE.rglob("*")) if path.suffix in _RECIPE_KINDS]
    parts = [options, binaries, recipe, facts.version, glibc_version()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def ensure_interpreter(plan: Plan, facts: PythonFacts, python: Path, work: Path) -> Interpreter:
    """Return the interpreter's files below `work`, made again only when what decides them has changed."""
    key, record = interpreter_key(plan, facts), work / "python.json"
    folder, library = work / "python", work / "library"
    kept = read_json(record) or {}
    if kept.get("key") == key and _is_whole(kept, folder, library):
        return Interpreter(folder, library, dict(kept["origins"]))
    record.unlink(missing_ok=True)
    origins = _make_program(plan, python, work) | _make_library(plan, facts, python, library)
    files = tree_fingerprint(folder), tree_fingerprint(library)
    write_json(record, {"key": key, "origins": origins, "files": files})
    return Interpreter(folder, library, origins)


def _is_whole(kept: dict[str, Any], folder: Path, library: Path) -> bool:
    """Return True if the files are as they were made; a cache may lose some."""
    if not folder.is_dir() or not library.is_dir() or not isinstance(kept.get("origins"), dict):
        return False
    return kept.get("files") == [tree_fingerprint(folder), tree_fingerprint(library)]


def _make_program(plan: Plan, python: Path, work: Path) -> dict[str, str]:
    from plugin_cli.build.bundle.run_pyinstaller import collect

    made, folder = collect(python, plan, work), work / "python"
    if sys.platform == "linux":
        from plugin_cli.build.portable.make_portable import replace_links, strip_symbols

        replace_links(made.folder)
        strip_symbols(made.folder)
    shutil.rmtree(folder, ignore_errors=True)
    made.folder.replace(folder)
    shutil.rmtree(work / "out", ignore_errors=True)
    return dict(made.origins)


def _make_library(plan: Plan, facts: PythonFacts, python: Path, library: Path) -> dict[str, str]:
    """Compile the standard library's Python files into the folder `library`.

    Those that an import in a package may bring back are there for all plugins.
    """
    shutil.rmtree(library, ignore_errors=True)
    left_out = [line for line in STANDARD_LIBRARY if not line.for_packages and line.module in plan.excludes]
    origins: dict[str, str] = {}
    for folder in facts.standard:
        for name in _library_files(folder):
            if any(line.covers("", name) for line in left_out):
                continue
            target = library / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, target)
            origins[name] = str(folder / name)
    compile_files(origins, library, python, optimize=plan.optimize, beside=set(origins))
    for name in origins:
        (library / name).unlink()
    return {f"{name}c": origin for name, origin in origins.items()}


def _library_files(folder: Path) -> Iterator[str]:
    for location, folders, names in os.walk(folder):
        top = Path(location) == folder
        folders[:] = sorted(
            name for name in folders if name not in _NO_LIBRARY and (not top or name.isidentifier())
        )
        for name in sorted(names):
            if name.endswith(".py") and name not in _NO_LIBRARY:
                yield (Path(location) / name).relative_to(folder).as_posix()


def lay_out_program(
    interpreter: Interpreter, folder: Path, left_out: tuple[Exclusion, ...], exclude: tuple[str, ...]
) -> None:
    """Link the program into `folder`, but for compiled modules that are left out."""
    link_tree(interpreter.folder, folder)
    for path in folder.rglob("lib-dynload/*"):
        out = any(line.covers("", path.name) for line in left_out)
        if out or any(leaves_out(entry, path.name) for entry in exclude):
            path.unlink()
