"""Packages that come from this machine or a branch: what they hold may change under the same version."""

from __future__ import annotations

import hashlib
import os
import shutil
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from plugin_cli.console import Console
from plugin_cli.system.process import run
from plugin_cli.venv.branches import newest_commit
from plugin_cli.venv.installed import Installed, installed_in
from plugin_cli.venv.tool_source import DISTRIBUTION, path_of_url
from plugin_cli.venv.uv import run_uv

# Folders that tools fill, which are no part of what a package is built from.
_MADE = ("__pycache__", "build", "dist", "node_modules")
_BUILD_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "MANIFEST.in")


@dataclass(frozen=True)
class LocalPackage:
    """An installed distribution that no index has.

    Attributes:
        name: the distribution.
        location: a folder or file of this machine, or the address of a repository.
        state: a text that changes with what would be installed.
        revision: the branch or tag of a repository, empty for its main one; None for a folder or file.
        editable: whether its code runs from `location`.
    """

    name: str
    location: str
    state: str
    revision: str | None = None
    editable: bool = False


def local_packages(installed: Iterable[Installed]) -> tuple[LocalPackage, ...]:
    """Return the packages among `installed` that may change, as they were installed."""
    return tuple(
        package for item in installed if item.name != DISTRIBUTION and (package := _local(item)) is not None
    )


def _local(item: Installed) -> LocalPackage | None:
    location = str(item.direct.get("url", ""))
    path = local_path(location)
    if "vcs_info" in item.direct:
        facts = item.direct["vcs_info"]
        commit, revision = str(facts.get("commit_id", "")), str(facts.get("requested_revision", ""))
        return (
            None
            if commit.startswith(revision or "-")
            else LocalPackage(item.name, location, commit, revision)
        )
    if path is None:
        return None
    return LocalPackage(item.name, str(path), _state(path, item.editable), editable=item.editable)


def local_path(address: str) -> Path | None:
    """Return the file or folder that a `file:` address names, None for any other address."""
    parts = urlparse(address)
    return path_of_url(parts.path) if parts.scheme == "file" else None


def changed_packages(kept: Iterable[Mapping[str, Any]], *, remote: bool) -> tuple[str, ...]:
    """Return the names of those packages whose place holds something else than was installed.

    Args:
        kept: what `to_json` gave when they were installed.
        remote: look into repositories of other machines too, which takes a moment.
    """
    packages = (LocalPackage(**item) for item in kept)
    return tuple(package.name for package in packages if _is_changed(package, remote=remote))


def to_json(packages: Iterable[LocalPackage]) -> list[dict[str, Any]]:
    """Return `packages` as plain data."""
    return [asdict(package) for package in packages]


def _is_changed(package: LocalPackage, *, remote: bool) -> bool:
    if package.revision is None:
        return _state(Path(package.location), package.editable) != package.state
    if not remote and local_path(package.location) is None:
        return False
    newest = newest_commit(package.location, package.revision)
    return newest not in ("", package.state)


def _state(location: Path, editable: bool) -> str:
    """Return a hash of the content that is installed; of an editable package only how it is built."""
    digest = hashlib.sha256()
    for path in sorted(_files(location, editable)):
        digest.update(f"{path.relative_to(location.parent).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files(location: Path, editable: bool) -> Iterator[Path]:
    if location.is_file():
        yield location
    elif editable:
        yield from (location / name for name in _BUILD_FILES if (location / name).is_file())
    else:
        yield from source_files(location)


def source_files(location: Path) -> Iterator[Path]:
    """Yield the files of a project folder that a package may be built from."""
    for folder, folders, names in os.walk(location):
        folders[:] = [
            name
            for name in folders
            if name not in _MADE
            and not name.startswith(".")
            and not name.endswith(".egg-info")
            and not Path(folder, name, "pyvenv.cfg").is_file()
        ]
        for name in names:
            if not name.startswith(".") and not name.endswith((".pyc", "~")):
                yield Path(folder, name)


def declared_folders(root: Path) -> tuple[Path, ...]:
    """Return the folders that the pyproject.toml in `root` names as the origin of a dependency."""
    try:
        document = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    except (OSError, ValueError):
        return ()  # reported by what needs it
    sources = document.get("tool", {}).get("uv", {}).get("sources", {})
    entries = [
        item for source in sources.values() for item in (source if isinstance(source, list) else [source])
    ]
    paths = [root / str(item["path"]) for item in entries if isinstance(item, dict) and "path" in item]
    texts = document.get("project", {}).get("dependencies", [])
    named = (local_path(text.partition("@")[2].strip()) for text in texts if "@" in str(text))
    return tuple(path.resolve() for path in (*paths, *(path for path in named if path is not None)))


def newest_change(folder: Path) -> int:
    """Return when the newest file of a project folder was changed, in nanoseconds."""
    newest = 0
    for path in source_files(folder):
        with suppress(OSError):
            newest = max(newest, path.stat().st_mtime_ns)
    return newest


def non_editable(
    installed: Mapping[str, Installed], python: Path, work: Path, console: Console
) -> dict[str, Installed]:
    """Return `installed` with a built copy below `work` in the place of each editable package."""
    found = dict(installed)
    for item in installed.values():
        path = local_path(str(item.direct.get("url", ""))) if item.editable else None
        if path is not None and item.name != DISTRIBUTION:
            found |= installed_in([_built_copy(item.name, path, python, work, console)])
    return found


def _built_copy(name: str, path: Path, python: Path, work: Path, console: Console) -> Path:
    digest = hashlib.sha256()
    for file in sorted(source_files(path)):
        digest.update(f"{file.relative_to(path).as_posix()}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    folder = work / f"{name}-{digest.hexdigest()[:16]}"
    if (folder / "done").is_file():
        return folder
    for old in work.glob(f"{name}-*"):
        shutil.rmtree(old, ignore_errors=True)
    with console.working(f"building {name}"):
        arguments = ["pip", "install", "--no-deps", "--python", str(python), "--target", str(folder)]
        arguments += ["--refresh-package", name, "--no-config", str(path)]
        run_uv(arguments, what=f"{name} cannot be built from {path}", cwd=path)
    (folder / "done").touch()
    return folder


def loose_packages(modules: Iterable[str], python: Path, work: Path) -> dict[str, Installed]:
    """Return modules that no distribution brings, such as a folder named by a .pth file, as distributions."""
    found: dict[str, Installed] = {}
    for module in modules:
        origin = _origin(module, python)
        if origin is not None:
            found |= installed_in([_copied(module, origin, work)])
    return found


def _origin(module: str, python: Path) -> Path | None:
    code = (
        "import importlib.util, sys; found = importlib.util.find_spec(sys.argv[1]); "
        "print((found.submodule_search_locations or [found.origin])[0] if found else '')"
    )
    said = run([python, "-c", code, module], what="a module cannot be found", check=False).stdout.strip()
    return Path(said) if said and Path(said).exists() else None


def _copied(module: str, origin: Path, work: Path) -> Path:
    folder = work / f"loose-{module}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if origin.is_dir():
        shutil.copytree(origin, folder / module, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    else:
        shutil.copyfile(origin, folder / origin.name)
    info = folder / f"{module}-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 0\n")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [
        f"{path.relative_to(folder).as_posix()},sha256={hashlib.sha256(path.read_bytes()).hexdigest()},"
        for path in files
    ]
    (info / "RECORD").write_text("\n".join(lines) + "\n")
    return folder


def read_state(text: object) -> list[dict[str, Any]]:
    """Return what `to_json` gave, from a stamp that another version of the tool may have written."""
    return [item for item in text if isinstance(item, dict)] if isinstance(text, list) else []
