"""The part of a build that is slow and seldom changes: everything but the author's own code."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from plugin_cli.build.author_code import AuthorCode, imported_names
from plugin_cli.build.bundle.plan import RECIPE, Plan, plan_bundle
from plugin_cli.build.fingerprint import tree_fingerprint
from plugin_cli.build.preflight import glibc_version
from plugin_cli.build.report.components import Component, find_components
from plugin_cli.build.settings import BuildSettings
from plugin_cli.console import Console
from plugin_cli.project import Project
from plugin_cli.resources import launchers_dir
from plugin_cli.system.json_file import read_json, write_json
from plugin_cli.target import TARGETS, Target

_PATHS = ("backend", "entry_script", "hooks", "runtime_hook", "data")
_RECIPE_KINDS = (".py", ".spec")
PARTS = "files.txt"


@dataclass(frozen=True)
class Bundle:
    """The collected Python, packages and libraries of one target, kept between builds.

    Attributes:
        folder: the files; never written after they were made, so that builds may link to them.
        origins: each file or module with the file of this machine it came from.
        components: what it holds that others wrote.
    """

    folder: Path
    origins: tuple[tuple[str, str], ...]
    components: tuple[Component, ...]


@dataclass(frozen=True)
class BundleInputs:
    """What decides the contents of a bundle."""

    project: Project
    code: AuthorCode
    settings: BuildSettings
    target: Target
    python: Path
    environment: str

    def plan(self) -> Plan:
        """Return what PyInstaller is told."""
        return plan_bundle(self.project, self.code, self.settings, self.target)

    def key(self) -> str:
        """Return a hash of all of it; the author's code counts by what it imports only.

        So do the running Python and the C library, which go in: one repository may be built here and in
        a container in turn. No path is part of it: a repository that was moved or copied keeps its bundle.
        """
        plan = asdict(self.plan())
        data = [(place, tree_fingerprint(Path(origin))) for origin, place in plan["data"]]
        settled = {key: value for key, value in plan.items() if key not in _PATHS}
        recipe = [
            path.read_text("utf-8") for path in sorted(RECIPE.rglob("*")) if path.suffix in _RECIPE_KINDS
        ]
        machine = [str(self.target), sys.version, glibc_version()]
        parts = [settled, data, recipe, imported_names(self.code), self.environment, machine]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def ensure_bundle(inputs: BundleInputs, work: Path, console: Console) -> Bundle:
    """Return the bundle of `inputs`, made again only when one of them changed.

    Raises:
        ToolFailedError: PyInstaller failed.
        ToolMissingError: a library is not on this machine.
        PluginCliError: the bundle would depend on the machine it runs on.
    """
    kept = _read(work, inputs.key())
    if kept is not None:
        return kept
    with console.working("collecting Python, packages and libraries"):
        return _make(inputs, work)


def _make(inputs: BundleInputs, work: Path) -> Bundle:
    from plugin_cli.build.bundle.run_pyinstaller import collect

    folder, record = work / "bundle", work / "bundle.json"
    record.unlink(missing_ok=True)
    collected = collect(inputs.python, inputs.plan(), work)
    origins = dict(collected.origins)
    if inputs.target.os == "linux":
        from plugin_cli.build.portable.make_portable import make_portable, strip_symbols

        strip_symbols(collected.folder, origins)
        added = make_portable(collected.folder, inputs.target)
        origins |= {name: str(path) for name, path in added.items()}
    (_contents(collected.folder, inputs.target) / "entry").write_text(inputs.project.backend.package + "\n")
    project = inputs.project
    contents = _contents(collected.folder, inputs.target)
    components = find_components(contents, origins, project.environment, project.root)
    _shorten_metadata(contents)
    _set_modes(collected.folder)
    shutil.rmtree(folder, ignore_errors=True)
    collected.folder.replace(folder)
    facts = {
        "key": inputs.key(),
        "files": tree_fingerprint(folder),
        "origins": sorted(origins.items()),
        "components": [item.to_json() for item in components],
    }
    write_json(record, facts)
    return Bundle(folder, tuple(sorted(origins.items())), components)


def _shorten_metadata(contents: Path) -> None:
    """Keep the headers of installed packages' metadata, which programs read, and not the README below."""
    for path in contents.glob("*.dist-info/METADATA"):
        headers = path.read_text("utf-8").partition("\n\n")[0]
        path.write_text(headers + "\n", encoding="utf-8")


def _set_modes(folder: Path) -> None:
    """Give every file the mode it shall have in the zip, whatever this user's umask is."""
    for path in folder.rglob("*"):
        starts = path.is_dir() or (path.parent == folder and path.name.startswith(("ld-linux", "gpx_")))
        path.chmod(0o755 if starts else 0o644)


def _read(work: Path, key: str) -> Bundle | None:
    facts, folder = read_json(work / "bundle.json") or {}, work / "bundle"
    if facts.get("key") != key or not folder.is_dir() or facts.get("files") != tree_fingerprint(folder):
        return None
    try:
        origins = tuple((name, origin) for name, origin in facts["origins"])
        return Bundle(folder, origins, tuple(Component.from_json(item) for item in facts["components"]))
    except (KeyError, TypeError, ValueError):
        return None  # written by another version of the tool, or garbled since


def _contents(folder: Path, target: Target) -> Path:
    return folder if target.os == "linux" else folder / target.folder


def place_bundle(bundle: Bundle, dist: Path, executable: str, target: Target) -> Path:
    """Put the bundle's files into `dist` by links, and what Grafana starts; return the contents' folder."""
    contents = dist / target.folder
    if target.os == "linux":
        _link_tree(bundle.folder, contents)
        launcher = dist / target.executable(executable)
        shutil.copyfile(launchers_dir() / f"launcher_{target.folder}", launcher)
        launcher.chmod(0o755)
    else:
        _link_tree(bundle.folder, dist)
    return contents


def write_parts(contents: Path) -> None:
    """List the bundle's files with their sizes, so that `validate` can tell what has been lost."""
    files = (path for path in contents.rglob("*") if path.is_file() and path != contents / PARTS)
    lines = sorted(path.relative_to(contents).as_posix() for path in files)
    text = "".join(f"{(contents / name).stat().st_size} {name}\n" for name in lines)
    (contents / PARTS).write_text(text, encoding="utf-8")


def keep_others(dist: Path, made: Path, executable: str, built: Target, source: str) -> None:
    """Keep what `dist` holds for other systems, if it was built from the same source."""
    for target in TARGETS:
        contents, program = dist / target.folder, dist / target.executable(executable)
        if target == built or not program.is_file():
            continue
        facts = read_json(contents / "buildinfo.json") or {}
        if facts.get("source") == source:
            _link_tree(contents, made / target.folder)
            _link(str(program), str(made / program.name))


def _link_tree(origin: Path, target: Path) -> None:
    shutil.copytree(origin, target, copy_function=_link, dirs_exist_ok=True)


def _link(origin: str, target: str) -> str:
    """Link instead of copying: fast, and 50 MB less for each build that is kept."""
    try:
        Path(target).hardlink_to(origin)
    except OSError:
        shutil.copy2(origin, target)
    return target
