"""Puts the standard library into a bundle: in files what every start loads, the rest in an archive."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path, PurePosixPath

from plugin_cli.build.bundle.exclusions import COMPILED_ONLY, Exclusion
from plugin_cli.build.bundle.packages import Collected
from plugin_cli.build.settings import leaves_out
from plugin_cli.build.stage import link_file
from plugin_cli.venv.tool_source import DISTRIBUTION

ARCHIVE = "standard.zip"
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_LOADED = Path(__file__).with_name("loaded_at_start.txt")


@cache
def loaded_at_start() -> frozenset[str]:
    """Return the modules that a scaffold has loaded by its first answer, and the packages they lie in.

    They lie in files, since those load fastest. Everything else that is compiled only is archived, at a third
    of the size; `runtime_hook.py` finds it there.
    """
    modules = {line for line in _LOADED.read_text("utf-8").split("\n") if line and not line.startswith("#")}
    parents = {module.rpartition(".")[0] for module in modules}
    return frozenset(modules | parents)


def lay_out_library(
    library: Path, contents: Path, left_out: tuple[Exclusion, ...], exclude: tuple[str, ...]
) -> None:
    """Put the compiled files of `library` into `contents`, but for those that are left out."""
    archived: dict[str, Path] = {}
    for path in sorted(library.rglob("*.pyc")):
        name = path.relative_to(library).as_posix()
        source = name.removesuffix("c")
        if any(line.covers("", source) for line in left_out):
            continue
        if any(leaves_out(entry, source) for entry in exclude):
            continue
        if module_of(source) in loaded_at_start() or source.startswith("_sysconfigdata"):
            link_file(path, contents / name)
        else:
            archived[name] = path
    _archive(contents / ARCHIVE, archived)


def module_of(file: str) -> str:
    """Return the module that a Python file is, seen from where modules are searched."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def archive_packages(collected: Collected, contents: Path, site: str) -> None:
    """Move the modules of packages that are compiled only, and that no start loads, into the archive.

    A folder that keeps a file keeps its `__init__` too: without one it would be found as a namespace.
    """
    prefix = f"{site}/"
    moved = {
        location.removeprefix(prefix): location
        for location, owner in collected.owners.items()
        if owner in COMPILED_ONLY - {DISTRIBUTION}
        and location.startswith(prefix)
        and location.endswith(".pyc")
        and "-" not in location.removeprefix(prefix)
        and module_of(location.removeprefix(prefix).removesuffix("c")) not in loaded_at_start()
    }
    kept = {
        parent
        for location in collected.owners
        if location not in moved.values()
        for parent in _folders(location)
    }
    moved = {name: location for name, location in moved.items() if not _opens(location, kept)}
    with zipfile.ZipFile(contents / ARCHIVE, "a", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, location in sorted(moved.items()):
            _add(archive, name, contents / location)
    for location in moved.values():
        (contents / location).unlink()
        del collected.owners[location], collected.origins[location]
    _remove_empty(contents / site)


def _folders(location: str) -> Iterable[str]:
    return (parent.as_posix() for parent in PurePosixPath(location).parents)


def _opens(location: str, folders: set[str]) -> bool:
    path = PurePosixPath(location)
    return path.name == "__init__.pyc" and path.parent.as_posix() in folders


def _archive(path: Path, files: dict[str, Path]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, origin in files.items():
            _add(archive, name, origin)


def _add(archive: zipfile.ZipFile, name: str, origin: Path) -> None:
    entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, origin.read_bytes(), compresslevel=6)


def _remove_empty(folder: Path) -> None:
    folders: Iterable[Path] = sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True)
    for path in folders:
        if not any(path.iterdir()):
            path.rmdir()
