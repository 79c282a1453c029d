"""A Grafana installed on this machine: its program, its home folder and its version.

Only its program and the files that come with it are used; the settings and data of a service that runs from
the same installation lie elsewhere and are not read.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from plugin_cli.errors import ToolFailedError, ToolMissingError, UsageError
from plugin_cli.system.process import run

_NAMES = ("grafana", "grafana-server")
_DEFAULTS = Path("conf", "defaults.ini")
# Debian and RPM packages; FreeBSD; unpacked by hand; Homebrew on ARM, Intel and Linux; snap.
_HOMES = (
    "/usr/share/grafana",
    "/usr/local/share/grafana",
    "/opt/grafana",
    "/usr/local/grafana",
    "/opt/homebrew/opt/grafana",
    "/usr/local/opt/grafana",
    "/home/linuxbrew/.linuxbrew/opt/grafana",
    "/snap/grafana/current",
)
_VERSION = re.compile(r"\d+\.\d+\.\d+(?:[-+][\w.+-]+)?")
_VERSION_SECONDS = 60.0


@dataclass(frozen=True)
class InstalledGrafana:
    """One installation.

    Attributes:
        program: `grafana`, or `grafana-server` where there is no other.
        home: the folder that holds `conf/defaults.ini` and `public/`.
    """

    program: Path
    home: Path

    @property
    def command(self) -> tuple[str, ...]:
        """The words that start the server, before its flags."""
        # grafana-server is a program of its own only in old releases; it takes the same flags.
        words = ("server",) if self.program.stem == "grafana" else ()
        return (str(self.program), *words)

    def version(self) -> str:
        """Ask the program for its version.

        Raises:
            ToolMissingError: it cannot be executed.
            ToolFailedError: it does not answer with a version.
        """
        flag = "--version" if self.program.stem == "grafana" else "-v"
        argv = (str(self.program), flag)
        what = f"{self.program} does not say its version"
        done = run(
            argv, what=what, timeout_seconds=_VERSION_SECONDS, remedy="reinstall it, or: --grafana PATH"
        )
        found = _VERSION.search(done.output)
        if found is None:
            raise ToolFailedError(what, command=argv, returncode=0, output=done.output)
        return found[0]


def named_grafana(path: Path) -> InstalledGrafana:
    """Return the installation that `path` names: its program, its home folder, or the folder above both.

    Raises:
        UsageError: there is none.
    """
    found = _of_program(path) if path.is_file() else next(_of_folder(path), None)
    if found is None:
        raise UsageError(
            f"--grafana: {path} {'is not a Grafana' if path.exists() else 'does not exist'}",
            why="expected Grafana's program, or its folder with bin/grafana and conf/defaults.ini"
            " (from a package: /usr/share/grafana)",
        )
    return found


def find_grafana(environ: Mapping[str, str]) -> InstalledGrafana:
    """Return the installation on the PATH, else one in the usual folders.

    Args:
        environ: PATH, and GRAFANA_HOME as Grafana's own packages understand it.

    Raises:
        ToolMissingError: there is none.
    """
    found = next(_installations(environ), None)
    if found is None:
        raise ToolMissingError(
            "no Grafana is installed on this machine",
            why="looked for grafana and grafana-server on the PATH, and for their usual folders",
            remedy="unpack an archive of Grafana, then: plugin-cli dev up --grafana FOLDER\n"
            "plugin-cli dev up --runtime preview   (needs no Grafana)",
        )
    return found


def _installations(environ: Mapping[str, str]) -> Iterator[InstalledGrafana]:
    home = environ.get("GRAFANA_HOME")
    if home:
        yield from _of_folder(Path(home))
    for name in _NAMES:
        path = shutil.which(name, path=environ.get("PATH", os.defpath))
        found = _of_program(Path(path)) if path else None
        if found is not None:
            yield found
    windows = (environ.get(name) for name in ("ProgramFiles", "PROGRAMFILES"))
    homes = [*_HOMES, *(f"{folder}/GrafanaLabs/grafana" for folder in windows if folder)]
    for folder in homes:
        yield from _of_folder(Path(folder))


def _of_program(path: Path) -> InstalledGrafana | None:
    """Return the installation that a program belongs to."""
    real = path.resolve()
    if not os.access(real, os.X_OK):
        return None
    home = _home_of(real) or (_home(Path(_HOMES[0])) if _is_script(real) else None)
    if home is None:
        return None
    if _is_script(real):
        # A package's wrapper sets the service's own configuration and data; what it starts needs neither.
        started = next((path for path in (home / "bin" / name for name in _NAMES) if path.is_file()), real)
        return InstalledGrafana(started, home)
    return InstalledGrafana(real, home)


def _home_of(program: Path) -> Path | None:
    for parent in list(program.parents)[:4]:
        found = _home(parent) or _home(parent / "share" / "grafana")
        if found is not None:
            return found
    return None


def _home(folder: Path) -> Path | None:
    return folder if (folder / _DEFAULTS).is_file() else None


def _of_folder(folder: Path) -> Iterator[InstalledGrafana]:
    for name in _NAMES:
        for below in ("bin", "", "../../bin"):
            for program in (folder / below / name, folder / below / f"{name}.exe"):
                found = _of_program(program) if program.is_file() else None
                if found is not None:
                    yield found


def _is_script(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False
