"""Puts installed packages into a bundle as they are installed, compiled ahead."""

from __future__ import annotations

import posixpath
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from plugin_cli.build.bundle.compiling import compile_files
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
    selection: Selection, contents: Path, facts: PythonFacts, python: Path, *, optimize: int
) -> Collected:
    """Copy what `selection` holds into the folder `contents`, laid out as in an environment."""
    collected = Collected()
    for name, item in selection.items.items():
        for file in selection.files[name]:
            place = posixpath.normpath(f"{facts.site_in_prefix}/{file}")
            if place.startswith("..") or not (item.site / file).is_file():
                continue
            if place.endswith(".pth"):
                collected.paths.append(posixpath.basename(place))
            _copy(item.site / file, contents / place)
            if _is_program(item.site / file):
                collected.programs.append(place)
            collected.origins[place] = str(item.site / file)
            collected.owners[place] = name
    compile_files(
        [place for place in collected.owners if place.endswith(".py")],
        contents,
        python,
        optimize=optimize,
        without_source={place for place, name in collected.owners.items() if name in COMPILED_ONLY},
    )
    _follow_compiled(collected, contents)
    return collected


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


def _follow_compiled(collected: Collected, contents: Path) -> None:
    """Give compiled files the origin and the owner of their source."""
    for place, owner in list(collected.owners.items()):
        if not place.endswith(".py"):
            continue
        path = contents / place
        made = [path.with_suffix(".pyc"), *(path.parent / "__pycache__").glob(f"{path.stem}.*.pyc")]
        for compiled in made:
            if compiled.exists():
                name = compiled.relative_to(contents).as_posix()
                collected.owners[name] = owner
                collected.origins[name] = collected.origins[place]
        if not path.exists():
            del collected.owners[place]
            del collected.origins[place]
