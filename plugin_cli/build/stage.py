"""Lays out what becomes dist/: the bundle by links, what Grafana starts, and what other systems need."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from plugin_cli.build.swap import remember, swap
from plugin_cli.resources import launchers_dir
from plugin_cli.system.json_file import read_json
from plugin_cli.target import GATE_TARGETS, TARGETS, Target

PARTS = "files.txt"


def stage(
    dist: Path,
    work: Path,
    key: str,
    *,
    executable: str,
    write: Callable[[Path], None],
    verify: Callable[[Path], None] = lambda _: None,
) -> int:
    """Have `write` fill a directory aside, swap it with `dist`, and return its size in bytes.

    Args:
        dist: the directory that Grafana loads; whatever fails, it is as it was.
        work: where the build keeps what it needs again.
        key: of the input; `is_current` knows it afterwards.
        executable: the name that Grafana completes; empty where there is no backend.
        write: gets the directory.
        verify: gets it when it is whole, and raises where it is not to replace `dist`.

    Raises:
        PluginCliError: a file cannot be moved.
    """
    made = work / "stage"
    shutil.rmtree(made, ignore_errors=True)
    try:
        made.mkdir(parents=True)
        write(made)
        set_modes(made, executable)
        verify(made)
        total = total_size(made)
        swap(made, dist, work)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    remember(work, key, dist)
    return total


def total_size(folder: Path) -> int:
    """Return how many bytes the files below `folder` hold."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def place_bundle(bundle: Path, dist: Path, executable: str, target: Target) -> Path:
    """Put the bundle's files into `dist` by links, and what Grafana starts; return the contents' folder."""
    contents = dist / target.folder
    if target.os == "linux":
        link_tree(bundle, contents)
        launcher = dist / target.executable(executable)
        shutil.copyfile(launchers_dir() / f"launcher_{target.folder}", launcher)
        launcher.chmod(0o755)
    else:
        link_tree(bundle, dist)
    return contents


def keep_others(dist: Path, made: Path, executable: str, built: Target, source: str) -> None:
    """Keep what `dist` holds for other systems, if it was built from the same source."""
    for target in TARGETS:
        contents, program = dist / target.folder, dist / target.executable(executable)
        if target == built or not program.is_file():
            continue
        facts = read_json(contents / "buildinfo.json") or {}
        if facts.get("source") == source:
            link_tree(contents, made / target.folder)
            _link(str(program), str(made / program.name))


def link_tree(origin: Path, target: Path) -> None:
    """Copy the folder `origin` to `target` by links: fast, and each build that is kept takes no room."""
    shutil.copytree(origin, target, copy_function=_link, dirs_exist_ok=True)


def link_file(origin: Path, target: Path) -> None:
    """Put the file `origin` at `target` by a link."""
    target.parent.mkdir(parents=True, exist_ok=True)
    _link(str(origin), str(target))


def _link(origin: str, target: str) -> str:
    try:
        Path(target).hardlink_to(origin)
    except OSError:
        shutil.copy2(origin, target)
    return target


def write_parts(contents: Path) -> None:
    """List the bundle's files with their sizes, so that `validate` can tell what has been lost."""
    files = (path for path in contents.rglob("*") if path.is_file() and path != contents / PARTS)
    lines = sorted(path.relative_to(contents).as_posix() for path in files)
    text = "".join(f"{(contents / name).stat().st_size} {name}\n" for name in lines)
    (contents / PARTS).write_text(text, encoding="utf-8")


def set_modes(dist: Path, executable: str) -> None:
    """Give folders and files the modes that a zip of them is to have, whatever this user's umask is.

    Args:
        dist: what becomes dist/.
        executable: the name that Grafana completes; in the bundles, what is started has its mode already.
    """
    started = {target.executable(executable) for target in GATE_TARGETS}
    bundles = {target.folder for target in TARGETS}
    dist.chmod(0o755)
    for path in dist.rglob("*"):
        top, found = path.relative_to(dist).parts[0], path.stat().st_mode
        starts = bool(found & 0o100) if top in bundles else path.name in started
        mode = 0o755 if starts or path.is_dir() else 0o644
        if found & 0o777 != mode:
            path.chmod(mode)
