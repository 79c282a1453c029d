"""Compiles Python files ahead, with the Python that will load them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from plugin_cli.build.stage import link_file
from plugin_cli.system.json_file import read_json, write_json
from plugin_cli.system.process import run

_KEPT_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True)
class CompiledCache:
    """What was compiled of a distribution before, so that another dependency costs its own files only.

    Attributes:
        folder: where all of them are kept.
        tag: what names compiled files, e.g. `cpython-311`.
        optimize: the level of optimisation.
    """

    folder: Path
    tag: str
    optimize: int

    def compiled_name(self, location: str, *, beside: bool) -> str:
        """Return where the compiled form of the file `location` lies, beside it or as Python keeps it."""
        if beside:
            return f"{location}c"
        folder, _, name = location.rpartition("/")
        level = f".opt-{self.optimize}" if self.optimize else ""
        return f"{folder}/__pycache__/{name.removesuffix('.py')}.{self.tag}{level}.pyc"

    def take(self, key: str, names: Iterable[str], contents: Path) -> set[str]:
        """Link what is kept of `names` into `contents`; return the names that were compiled before.

        Those that could not be compiled are among them, since they never can.
        """
        folder = self.folder / f"{key}-{self.tag}-{self.optimize}"
        facts = read_json(folder / "failed.json")
        if facts is None:
            return set()
        failed, found = set(facts.get("names", [])), set()
        for name in names:
            if (folder / name).is_file():
                link_file(folder / name, contents / name)
            elif name not in failed:
                continue
            found.add(name)
        (folder / "failed.json").touch()
        return found

    def keep(self, key: str, names: Iterable[str], contents: Path) -> None:
        """Keep what was made of `names`."""
        folder = self.folder / f"{key}-{self.tag}-{self.optimize}"
        failed = set((read_json(folder / "failed.json") or {}).get("names", []))
        for name in names:
            if (contents / name).is_file():
                (folder / name).unlink(missing_ok=True)
                link_file(contents / name, folder / name)
            else:
                failed.add(name)
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / "failed.json", {"names": sorted(failed)})

    def prune(self) -> None:
        """Remove what no build has used for a month."""
        for folder in self.folder.glob("*"):
            mark = folder / "failed.json"
            if not mark.is_file() or mark.stat().st_mtime < time.time() - _KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def compile_files(
    places: Iterable[str], folder: Path, python: Path, *, optimize: int, beside: set[str]
) -> None:
    """Compile the files `places` in `folder` by `python`, those of `beside` to a file beside their source.

    What cannot be compiled, such as a template or a file for another Python, stays as it is. Compiled files
    are never compared with their source and hold no path of this machine.
    """
    groups: dict[bool, list[Path]] = {True: [], False: []}
    for location in places:
        groups[location in beside].append(folder / location)
    for is_beside, files in groups.items():
        if not files:
            continue
        command: list[str | Path] = [python, "-I", "-W", "ignore", "-m", "compileall", "-q", "-q", "-f"]
        command += ["-j", "0", "-o", str(optimize), "-s", folder, "--invalidation-mode", "unchecked-hash"]
        run(
            [*command, *(["-b"] if is_beside else []), "-i", "-"],
            what="the packages cannot be compiled",
            stdin="\n".join(map(str, files)),
            check=False,
        )
