"""Puts installed packages into a bundle as they are installed, compiled ahead."""

from __future__ import annotations

import posixpath
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from plugin_cli.build.bundle.compiling import CompiledCache, compile_files
from plugin_cli.build.bundle.exclusions import COMPILED_ONLY
from plugin_cli.build.bundle.selection import Selection
from plugin_cli.build.portable.elf import read_elf
from plugin_cli.venv.python_facts import PythonFacts


@dataclass
class Collected:
    """What was put into a bundle.

    Attributes:
        origins: each file with the file of this machine it came from.
        owners: each file with the distribution it belongs to.
        paths: files that Python reads when it starts, because a distribution asks for it.
        programs: files that a package starts.
    """

    origins: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    programs: list[str] = field(default_factory=list)


def collect_packages(
    selection: Selection, contents: Path, facts: PythonFacts, python: Path, cache: CompiledCache
) -> Collected:
    """Copy what `selection` holds into the folder `contents`, laid out as in an environment."""
    collected = Collected()
    for name, item in selection.items.items():
        for file in selection.files[name]:
            location = posixpath.normpath(f"{facts.site_in_prefix}/{file}")
            if location.startswith("..") or not (item.site / file).is_file():
                continue
            if location.endswith(".pth"):
                collected.paths.append(posixpath.basename(location))
            _copy(item.site / file, contents / location)
            if _is_program(item.site / file):
                collected.programs.append(location)
            collected.origins[location] = str(item.site / file)
            collected.owners[location] = name
    _compile(collected, selection, contents, python, cache)
    return collected


def _compile(
    collected: Collected, selection: Selection, contents: Path, python: Path, cache: CompiledCache
) -> None:
    """Compile what no earlier build has compiled, and give each result the owner of its source."""
    sources: dict[str, dict[str, str]] = {name: {} for name in selection.items}
    for location, name in collected.owners.items():
        if location.endswith(".py"):
            compiled = cache.compiled_name(location, beside=name in COMPILED_ONLY)
            sources[name][compiled] = location
    keys = {name: f"{name}-{item.digest[:16]}" for name, item in selection.items.items()}
    known = {name: cache.take(keys[name], made, contents) for name, made in sources.items()}
    fresh = {name: made.keys() - known[name] for name, made in sources.items()}
    places = [made[compiled] for name, made in sources.items() for compiled in fresh[name]]
    beside = {location for location in places if collected.owners[location] in COMPILED_ONLY}
    compile_files(sorted(places), contents, python, optimize=cache.optimize, beside=beside)
    for name, compiled_names in fresh.items():
        if compiled_names:
            cache.keep(keys[name], compiled_names, contents)
    cache.prune()
    for made in sources.values():
        for compiled, location in made.items():
            _follow(collected, contents, compiled, location)


def _follow(collected: Collected, contents: Path, compiled: str, location: str) -> None:
    """Give a compiled file the origin and owner of its source, which goes where it is compiled only."""
    if not (contents / compiled).is_file():
        return
    collected.owners[compiled] = collected.owners[location]
    collected.origins[compiled] = collected.origins[location]
    if collected.owners[location] in COMPILED_ONLY:
        (contents / location).unlink()
        del collected.owners[location], collected.origins[location]


def _copy(origin: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.name == "METADATA" and target.parent.name.endswith(".dist-info"):
        # Programs read the headers; below them is the README.
        headers = origin.read_text("utf-8", "replace").partition("\n\n")[0]
        target.write_text(headers + "\n", encoding="utf-8")
        return
    shutil.copyfile(origin, target)


def _is_program(path: Path) -> bool:
    """Return True for what may be started; libraries have the same mode in many packages."""
    if not path.stat().st_mode & 0o100 or path.suffix == ".py":
        return False
    with path.open("rb") as file:
        script = file.read(2) == b"#!"
    if script:
        return True
    elf = read_elf(path)
    return elf is not None and elf.interpreter is not None and ".so" not in path.name
