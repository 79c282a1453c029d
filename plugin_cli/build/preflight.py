"""What this machine must have before a build is worth starting."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path

from plugin_cli.errors import ToolMissingError, UsageError
from plugin_cli.target import Target, host_target

# Where there is no /etc/nsswitch.conf, as on Alpine and distroless, an older C library asks the DNS first and
# takes its answer that there is no `localhost` as the last word. Upstream changed the order in 2.35 and
# carried it back to 2.34, which some distributions ship with it and some without: the library itself says so.
GLIBC_FLOOR = (2, 34)
_DNS_FIRST = b"dns [!UNAVAIL=return] files"
_TOOLS = {"objdump": "binutils", "strip": "binutils"}
_LIBRARY_FOLDERS = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib", "/usr/local/lib64")
_RUNNERS = {
    "linux/amd64": "ubuntu-latest",
    "linux/arm64": "ubuntu-24.04-arm",
    "windows/amd64": "windows-latest",
    "darwin/arm64": "macos-15",
    "darwin/amd64": "macos-15-intel",
}


def check_buildable(targets: tuple[Target, ...]) -> None:
    """Raise unless this machine can build every one of `targets`.

    Raises:
        ToolMissingError: a target belongs to another machine, or a program or library is missing.
    """
    host = host_target()
    for target in targets:
        if str(target) not in _RUNNERS:
            raise UsageError(f"unsupported target {target}", why=f"known: {', '.join(_RUNNERS)}")
        if target != host:
            raise _foreign(target, host)
    if sys.platform == "linux":
        _check_linux()


def _foreign(target: Target, host: Target) -> ToolMissingError:
    remedy = f"run it where that system is, e.g. on a GitHub runner: runs-on: {_RUNNERS[str(target)]}"
    if target.os == "linux" and host.os == "linux":
        remedy = f"plugin-cli build {target} --docker\nor {remedy}"
    return ToolMissingError(
        f"{target} cannot be built on {host}",
        why="the executable is made of the Python and the libraries of the machine that builds it",
        remedy=f"{remedy}\nthe workflow of `plugin-cli add ci` builds all targets and joins them",
    )


def _check_linux() -> None:
    _check_c_library()  # first: no package mends it, and another system has another way to install them
    packages = sorted({package for tool, package in _TOOLS.items() if shutil.which(tool) is None})
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if not _has_python_library():
        packages.append(f"libpython{version}")
    if packages:
        names = " ".join(packages)
        raise ToolMissingError(
            f"the build needs what is not here: {names}",
            why="binutils reads the libraries that go into the bundle; libpython is the Python that goes in",
            remedy=f"apt-get install -y {names}   (as root; Debian and Ubuntu)",
        )


def _check_c_library() -> None:
    found = glibc_version()
    if found < GLIBC_FLOOR or any(map(asks_dns_first, _c_library())):
        said = f"glibc {_text(found)}" if found > (0, 0) else "it is not glibc"
        raise ToolMissingError(
            f"this machine's C library cannot be shipped: {said}, needed glibc 2.35",
            why="the bundle carries it, and older ones cannot resolve `localhost` on Alpine and distroless",
            remedy="plugin-cli build linux --docker\nor build on Debian 12, Ubuntu 22.04 or newer",
        )


def asks_dns_first(library: Path) -> bool:
    """Tell whether a C library looks into /etc/hosts only where the DNS does not answer."""
    return _DNS_FIRST in library.read_bytes()


def _c_library() -> set[Path]:
    """Return the C library that this process has loaded."""
    places = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines()}
    return {Path(location) for location in places if Path(location).name.startswith(("libc.so.", "libc-2."))}


def glibc_version() -> tuple[int, int]:
    """Return the version of this machine's C library, (0, 0) where it is not glibc."""
    if sys.platform == "win32":
        return (0, 0)
    try:
        name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    except (ValueError, OSError):
        return (0, 0)
    major, _, minor = version.partition(".")
    return (int(major), int(minor.partition(".")[0])) if name == "glibc" else (0, 0)


def _text(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))


def _has_python_library() -> bool:
    """Tell whether the shared library of this Python is there; Debian's python3 runs without it."""
    name = str(sysconfig.get_config_var("INSTSONAME") or "")
    if not name.startswith("libpython") or ".so" not in name:
        name = f"libpython{sys.version_info[0]}.{sys.version_info[1]}.so.1.0"
    triplet = str(sysconfig.get_config_var("MULTIARCH") or "")
    folders = [str(sysconfig.get_config_var("LIBDIR") or ""), f"{sys.base_prefix}/lib", *_LIBRARY_FOLDERS]
    folders += [f"{folder}/{triplet}" for folder in _LIBRARY_FOLDERS if triplet]
    return any((Path(folder) / name).exists() for folder in folders if folder)
