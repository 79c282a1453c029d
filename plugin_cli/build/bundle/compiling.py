"""Compiles Python files ahead, with the Python that will load them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from plugin_cli.system.process import run


def compile_files(
    places: Iterable[str], folder: Path, python: Path, *, optimize: int, without_source: set[str]
) -> None:
    """Compile the files `places` in `folder` by `python`; those of `without_source` lose their source.

    What cannot be compiled, such as a template or a file for another Python, stays as it is. Compiled files
    are never compared with their source and hold no path of this machine.
    """
    groups: dict[bool, list[Path]] = {True: [], False: []}
    for place in places:
        groups[place in without_source].append(folder / place)
    for beside, files in groups.items():
        if not files:
            continue
        command: list[str | Path] = [python, "-I", "-W", "ignore", "-m", "compileall", "-q", "-q", "-f"]
        command += ["-j", "0", "-o", str(optimize), "-s", folder, "--invalidation-mode", "unchecked-hash"]
        run(
            [*command, *(["-b"] if beside else []), "-i", "-"],
            what="the packages cannot be compiled",
            stdin="\n".join(map(str, files)),
            check=False,
        )
        if beside:
            for path in files:
                if path.with_suffix(".pyc").exists():
                    path.unlink()
