"""The plugin's own virtual environment, made with uv and reused until what it is made from changes."""

from __future__ import annotations

import errno
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from plugin_cli.console import Console
from plugin_cli.errors import PluginCliError, ProjectError
from plugin_cli.project import Project
from plugin_cli.system.cache import ignored_dir
from plugin_cli.system.file_lock import FileLock
from plugin_cli.system.json_file import write_json
from plugin_cli.system.parse import parse_json
from plugin_cli.system.process import run
from plugin_cli.venv.branches import moved_branches
from plugin_cli.venv.health import (
    UNFINISHED,
    Unfinished,
    damaged_packages,
    distributions,
    listing,
    site_packages,
)
from plugin_cli.venv.hidden import check_module_names
from plugin_cli.venv.installed import installed_in
from plugin_cli.venv.local_packages import (
    changed_packages,
    declared_folders,
    local_packages,
    newest_change,
    read_state,
    to_json,
)
from plugin_cli.venv.lock import LOCK, unnamed_project, update_or_warn
from plugin_cli.venv.requirements import Requirements, read_requirements
from plugin_cli.venv.uv import run_uv

_STAMP = ".plugin-cli.json"
_STAMP_KEYS = {"requirements", "ours", "listing", "distributions", "local"}


def ensure_environment(
    project: Project, console: Console, *, remote: bool = False, locked: bool = False
) -> Path:
    """Return the Python of the plugin's environment, made or brought up to date when needed.

    A package of this machine is installed again when its files have changed. One of a branch stays at the
    commit of uv.lock; where there is none, it follows the branch.

    Args:
        project: the plugin.
        console: reports what happens.
        remote: report branches of repositories of other machines that have moved.
        locked: take the versions of uv.lock, commits of branches too, or nothing.

    Raises:
        ProjectError: no index has a dependency of pyproject.toml, or a module of the plugin hides a library.
        ToolFailedError: no package index can be reached, or uv failed.
        PluginCliError: the plugin's folder cannot be written.
    """
    python = environment_python(project)
    try:
        with _alone(project, console):
            _ensure(project, python, console, remote=remote, locked=locked)
        check_module_names(project, _site_packages(project))
        if remote and not locked and (project.root / LOCK).is_file():
            for branch in moved_branches(project.root / LOCK):
                console.warn(str(branch))
    except OSError as error:
        raise PluginCliError(
            f"the plugin's environment cannot be made in {project.root}",
            why=str(error),
            remedy="make the folder writable and see that the disk has room",
        ) from error
    return python


@contextmanager
def _alone(project: Project, console: Console) -> Iterator[None]:
    """Let one command of the plugin prepare its environment; others wait and find it made."""
    try:
        lock = FileLock(ignored_dir(project.state / "cache") / "environment.lock", with_children=True)
        free = lock.acquire()
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        yield  # what can only be read is changed by nobody
        return
    if not free:
        with console.waiting("waiting for another command that prepares the plugin's environment"):
            lock.wait()
    try:
        yield
    finally:
        lock.release()


def _ensure(project: Project, python: Path, console: Console, *, remote: bool, locked: bool) -> None:
    requirements = read_requirements(project, console)
    if locked:
        if requirements.lock is None:
            raise unnamed_project()
        requirements.lock.require()
    unfinished = Unfinished(project.environment)
    kept = _read_stamp(project.environment / _STAMP) if python.exists() else None
    is_current = (
        kept is not None and kept["requirements"] == requirements.stamp and unfinished.owner() is None
    )
    changed = (
        changed_packages(read_state(kept["local"]), remote=remote and not locked) if kept is not None else ()
    )
    if kept is not None and is_current and not changed and _is_whole(project, kept):
        return
    with console.working("preparing the plugin's environment"):
        try:
            ours = _prepare(project, python, requirements, kept, unfinished, changed, console)
        except PluginCliError:
            # If it failed before it changed anything, for lack of an index, the environment is kept.
            if kept is not None and kept["listing"] == listing(project.environment):
                unfinished.end()
            raise
        installed = installed_in([_site_packages(project)])
        _write_stamp(project, requirements.stamp, ours, to_json(local_packages(installed.values())))
        unfinished.end()


def _is_whole(project: Project, kept: dict[str, Any]) -> bool:
    """Tell whether nothing was lost since; what only was added, such as bytecode, is taken note of."""
    if not _is_this_python(project):
        return False  # its configuration is lost: the running one is in the stamp
    if listing(project.environment) == kept["listing"]:
        return True
    lost = set(kept["distributions"]) - distributions(project.environment)
    if lost or damaged_packages(project.environment):
        return False
    with suppress(OSError):  # the next run looks as closely
        _write_stamp(project, kept["requirements"], kept["ours"], kept["local"])
    return True


def _write_stamp(
    project: Project, requirements: dict[str, Any], ours: bool, local: list[dict[str, Any]]
) -> None:
    environment = project.environment
    facts = {"requirements": requirements, "ours": ours, "local": local, "listing": listing(environment)}
    write_json(environment / _STAMP, facts | {"distributions": sorted(distributions(environment))})


def _read_stamp(stamp: Path) -> dict[str, Any] | None:
    """Return what the last run wrote; None for what another version of the tool, or half a run, left."""
    try:
        kept = parse_json(stamp.read_bytes())
    except (OSError, ValueError):
        return None
    return kept if isinstance(kept, dict) and kept.keys() >= _STAMP_KEYS else None


def _prepare(
    project: Project,
    python: Path,
    requirements: Requirements,
    kept: dict[str, Any] | None,
    unfinished: Unfinished,
    changed: tuple[str, ...],
    console: Console,
) -> bool:
    """Make the environment or bring it up to date; return True if it is ours and not the author's."""
    cut_short, runs = unfinished.owner(), _runs(python)
    empty = not distributions(project.environment)  # as a run leaves it that was cut short at its beginning
    known = _is_ours(project) or (kept is None and cut_short == "ours")
    ours = known or not runs or (kept is None and empty)
    owner = "ours" if ours else "author"
    unfinished.begin(owner)
    if not runs or (ours and (cut_short is not None or not _is_this_python(project))):
        _make(project)
        unfinished.begin(owner)
    _check_python(project)
    unlocked = update_or_warn(requirements.lock, console, changed) if requirements.lock else None
    is_locked = requirements.lock is not None and unlocked is None
    arguments = requirements.arguments(project, is_locked=is_locked)
    if ours:
        arguments.append("--exact")  # packages that are no longer required
    elif cut_short is not None:
        arguments.append("--reinstall")
    for name in (*changed, *damaged_packages(project.environment)):
        arguments += ["--reinstall-package", name]
    _install(project, python, tuple(arguments))
    if unlocked is not None:  # after the installation, whose failure has the better sentence
        console.warn(f"the environment holds versions that no uv.lock has: {unlocked}")
    _link_backend(project)
    return ours


def environment_python(project: Project) -> Path:
    """Return where the Python of the plugin's environment is, whether it exists or not."""
    if sys.platform == "win32":
        return project.environment / "Scripts" / "python.exe"
    return project.environment / "bin" / "python"


def environment_version(project: Project) -> int:
    """Return a number that changes with what is installed, or runs from a folder; 0 where nothing is."""
    try:
        stamp = (project.environment / _STAMP).stat().st_mtime_ns
    except OSError:
        return 0
    return stamp + sum(newest_change(folder) for folder in local_folders(project))


def _runs(python: Path) -> bool:
    """Return True if the environment's Python starts; one made by a removed interpreter does not."""
    if not python.exists():
        return False
    return run([python, "-c", ""], what="the plugin's Python does not start", check=False).returncode == 0


def _is_this_python(project: Project) -> bool:
    """Return True if the environment's Python has the version of the running one."""
    try:
        text = (project.environment / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return False
    facts = dict(line.replace(" ", "").split("=", 1) for line in text.splitlines() if "=" in line)
    version = facts.get("version_info") or facts.get("version") or ""
    return version.split(".")[:2] == [str(part) for part in sys.version_info[:2]]


def _check_python(project: Project) -> None:
    if not _is_this_python(project):
        raise ProjectError(
            f"{project.environment} is of another Python than {sys.version_info[0]}.{sys.version_info[1]}",
            why="the bundle is compiled by the Python that runs plugin-cli",
            remedy="remove it (plugin-cli makes it anew), or run plugin-cli with that Python",
        )


def _make(project: Project) -> None:
    # uv clears what has a configuration; what has lost it but for our marks is ours to clear.
    if any((project.environment / name).exists() for name in (_STAMP, UNFINISHED)):
        shutil.rmtree(project.environment)
    base = getattr(sys, "_base_executable", None) or sys.executable
    _uv(project, ["venv", "--clear", "--python", base, str(project.environment)])


def _install(project: Project, python: Path, arguments: tuple[str, ...]) -> None:
    _uv(project, ["pip", "install", "--python", str(python), *arguments])


def _uv(project: Project, arguments: list[str]) -> None:
    run_uv(arguments, what="the plugin's environment cannot be made", cwd=project.root)


def _link_backend(project: Project) -> None:
    """Let `import <package>` and `python -m <package>` find the backend, from any folder."""
    path = _site_packages(project) / "plugin_backend.pth"
    path.write_text(str(project.root / "backend") + "\n", encoding="utf-8")


def _site_packages(project: Project) -> Path:
    folder = site_packages(project.environment)
    if folder is None:
        raise FileNotFoundError(f"{project.environment} has no folder site-packages")
    return folder


def local_folders(project: Project) -> tuple[Path, ...]:
    """Return the folders of this machine that packages come from; `dev` watches them, too.

    Before the environment is made they are those that pyproject.toml names.
    """
    kept = _read_stamp(project.environment / _STAMP)
    installed = [Path(item["location"]) for item in read_state(kept["local"])] if kept is not None else []
    found = dict.fromkeys([*declared_folders(project.root), *installed])
    return tuple(path for path in found if path.is_dir())


def _is_ours(project: Project) -> bool:
    """Return True if the tool made the environment, in whatever version, and not the author."""
    try:
        kept = parse_json((project.environment / _STAMP).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(kept, dict) and kept.get("ours") is True


def discard_environment(project: Project) -> None:
    """Remove the plugin's environment, unless its author made it."""
    if _is_ours(project):
        shutil.rmtree(project.environment, ignore_errors=True)
