"""Which package of the operating system a library belongs to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from plugin_cli.errors import PluginCliError
from plugin_cli.system.process import child_environment, run

# Debian policy 5.6.1, with the architecture that dpkg adds to packages of several.
_DEBIAN_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?")


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


def owners(paths: Iterable[Path]) -> dict[Path, SystemPackage]:
    """Return the packages that `paths` belong to; one question for all of them, where dpkg answers."""
    spellings = {name: path for path in paths for name in _spellings(path)}
    found: dict[Path, SystemPackage] = {}
    output = _ask("dpkg-query", "-S", *spellings) if spellings else ""
    for line in output.splitlines():
        path = spellings.get("/" + line.partition(": /")[2])
        packages = (_debian_package(name) for name in debian_owners(line))
        package = next((item for item in packages if item is not None), None)
        if path is not None and package is not None:
            found.setdefault(path, package)
    for path in set(spellings.values()) - found.keys():
        package = owner(path)
        if package is not None:
            found[path] = package
    return found


def _spellings(path: Path) -> list[str]:
    """Return the names under which a package manager may know a file: /lib often is /usr/lib."""
    names = [str(path), os.path.realpath(path)]
    names += [name.removeprefix("/usr") for name in names if name.startswith("/usr/lib")]
    names += ["/usr" + name for name in names if name.startswith("/lib")]
    return list(dict.fromkeys(names))


def _debian(path: str) -> SystemPackage | None:
    for name in debian_owners(_ask("dpkg-query", "-S", path)):
        package = _debian_package(name)
        if package is not None:
            return package
    return None


def debian_owners(output: str) -> list[str]:
    """Return the package names in the output of `dpkg-query -S`.

    A line reads `libc6:amd64, libc6:i386: /path`. Since Debian 13 the loader's path is diverted, and lines
    such as `diversion by libc6 from: /path` come first; whatever is not a list of package names is skipped.
    """
    lists = (line.partition(": /")[0].split(", ") for line in output.splitlines() if ": /" in line)
    return [name for names in lists if all(map(_DEBIAN_NAME.fullmatch, names)) for name in names]


@cache
def _debian_package(name: str) -> SystemPackage | None:
    said = _ask("dpkg-query", "-W", "-f", "${Version}|${source:Package}|${source:Version}\n", name)
    # A name without its architecture may stand for several, of one version.
    facts = next((line for line in said.splitlines() if line.count("|") == 2), "")
    if not facts:
        return None
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
    first = next((line for line in said.splitlines() if line.count("|") >= 3), "")
    if not first:
        return None
    name, version, source, licence = first.split("|", 3)
    return SystemPackage(name, version, source, licence, (f"Licence: {licence}",))


def _ask(*command: str) -> str:
    try:
        env = child_environment({"LC_ALL": "C"})
        done = run(command, what="the origin of a library is unknown", env=env, check=False)
    except PluginCliError:
        return ""  # a system with another package manager
    # Of several files dpkg-query prints those that it knows, and fails for the others.
    return done.stdout.strip() if done.returncode in (0, 1) else ""
