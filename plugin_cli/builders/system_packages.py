"""Which package of the operating system a library belongs to."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from plugin_cli.adapters.process import run
from plugin_cli.errors import PluginCliError


@dataclass(frozen=True)
class SystemPackage:
    """A package of the distribution, with what its licence asks us to pass on."""

    name: str
    version: str
    source: str
    licence: str
    texts: tuple[str, ...]


def owner(path: Path) -> SystemPackage | None:
    """Return the package that `path` belongs to; None where no package manager knows it."""
    for spelling in _spellings(path):
        found = _debian(spelling) or _rpm(spelling)
        if found is not None:
            return found
    return None


def _spellings(path: Path) -> list[str]:
    """Return the names under which a package manager may know a file: /lib often is /usr/lib."""
    names = [str(path), os.path.realpath(path)]
    names += [name.removeprefix("/usr") for name in names if name.startswith("/usr/lib")]
    names += ["/usr" + name for name in names if name.startswith("/lib")]
    return list(dict.fromkeys(names))


def _debian(path: str) -> SystemPackage | None:
    said = _ask("dpkg-query", "-S", path)
    name = said.partition(": ")[0].partition(",")[0]
    return _debian_package(name) if name else None


@cache
def _debian_package(name: str) -> SystemPackage:
    facts = _ask("dpkg-query", "-W", "-f", "${Version}|${source:Package}|${source:Version}", name)
    version, source, source_version = facts.split("|")
    text = _copyright(name.partition(":")[0])
    licences = list(dict.fromkeys(re.findall(r"^License: (\S+)", text, re.MULTILINE)))
    return SystemPackage(
        name.partition(":")[0],
        version,
        f"{source} {source_version}",
        ", ".join(licences[:6]) or "see the text",
        (text,),
    )


def _copyright(name: str) -> str:
    path = Path("/usr/share/doc") / name / "copyright"
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        # Images made small leave documentation out; the licence of their C library is known all the same.
        return f"The licence of {name} is in its source package."


def _rpm(path: str) -> SystemPackage | None:
    said = _ask("rpm", "-qf", "--qf", "%{NAME}|%{VERSION}-%{RELEASE}|%{SOURCERPM}|%{LICENSE}", path)
    if said.count("|") != 3:
        return None
    name, version, source, licence = said.split("|")
    return SystemPackage(name, version, source, licence, (f"Licence: {licence}",))


def _ask(*command: str) -> str:
    try:
        done = run(command, what="the origin of a library is unknown", check=False)
    except PluginCliError:
        return ""  # a system with another package manager
    return done.stdout.strip() if done.returncode == 0 else ""
