"""Rules on the programs of a built plugin: for the machine that their name says, with all their parts."""

from __future__ import annotations

import posixpath
import struct
from collections.abc import Iterator

from plugin_cli.release.built_plugin import SYSTEMS, BuiltPlugin, Content
from plugin_cli.release.finding import Finding
from plugin_cli.system.parse import ParseError

_ELF_MACHINES = {62: "amd64", 183: "arm64", 40: "arm", 3: "386", 243: "riscv64", 21: "ppc64", 22: "s390x"}
_MACH_MACHINES = {0x01000007: "amd64", 0x0100000C: "arm64"}
_PE_MACHINES = {0x8664: "amd64", 0xAA64: "arm64", 0x14C: "386"}
_LOADERS = {"linux_amd64": "ld-linux-x86-64.so.2", "linux_arm64": "ld-linux-aarch64.so.1"}
# What the launcher holds in its text, and PyInstaller at the end of its executables.
_LAUNCHER_MARK, _PYINSTALLER_MARK = b"PLUGIN_LAUNCHER=", b"MEI\014\013\012\013\016"
_BUILD_AGAIN = "build again: plugin-cli build"


def check_machines(plugin: BuiltPlugin) -> Iterator[Finding]:
    """What Grafana starts is a program of the system in its name, and so is what that starts in turn."""
    for system, name in plugin.executables().items():
        parts = [f"{system}/app", f"{system}/{_LOADERS.get(system)}_{system}"]
        for file in (name, *(part for part in parts if part in plugin.entries)):
            content = _content(plugin, file)
            if content is None:
                continue
            found = systems_of(content.head)
            if not found:
                message = f"is {_description(content.head)} and not a program of {_spaced(system)}"
                yield Finding("machine", "error", file, message, _BUILD_AGAIN)
            elif system not in found:
                words = " and ".join(map(_spaced, sorted(found)))
                message = f"is a program of {words} and not of {_spaced(system)}"
                yield Finding("machine", "error", file, message, _BUILD_AGAIN)


def systems_of(head: bytes) -> set[str]:
    """Return the systems, such as `linux_amd64`, that the program beginning with `head` runs on."""
    if head[:4] == b"\x7fELF" and len(head) >= 20:
        order = ">" if head[5] == 2 else "<"
        (machine,) = struct.unpack_from(f"{order}H", head, 18)
        return {f"linux_{_ELF_MACHINES.get(machine, f'machine-{machine}')}"}
    if head[:4] == b"\xcf\xfa\xed\xfe" and len(head) >= 8:
        return {_darwin(*struct.unpack_from("<I", head, 4))}
    if head[:4] == b"\xca\xfe\xba\xbe" and len(head) >= 8:
        (count,) = struct.unpack_from(">I", head, 4)
        places = (8 + 20 * index for index in range(min(count, 8)))
        return {
            _darwin(*struct.unpack_from(">I", head, location))
            for location in places
            if location + 4 <= len(head)
        }
    if head[:2] == b"MZ" and len(head) >= 64:
        (location,) = struct.unpack_from("<I", head, 0x3C)
        if head[location : location + 4] == b"PE\0\0" and location + 6 <= len(head):
            (machine,) = struct.unpack_from("<H", head, location + 4)
            return {f"windows_{_PE_MACHINES.get(machine, f'machine-{machine}')}"}
    return set()


def _darwin(machine: int) -> str:
    return f"darwin_{_MACH_MACHINES.get(machine, f'machine-{machine}')}"


def _description(head: bytes) -> str:
    if not head:
        return "empty"
    return "a script" if head[:2] == b"#!" else "another kind of file"


def _spaced(system: str) -> str:
    return system.replace("_", " on ", 1)


def _content(plugin: BuiltPlugin, name: str) -> Content | None:
    entry = plugin.entries[name]
    try:
        return entry.content if entry.kind == "file" else None
    except OSError:
        return None  # a finding of its own


def check_parts(plugin: BuiltPlugin) -> Iterator[Finding]:
    """A Python backend has all files that the build put beside it."""
    for system, name in plugin.executables().items():
        content = _content(plugin, name)
        if content is None or not (_LAUNCHER_MARK in content.head or _PYINSTALLER_MARK in content.tail):
            continue  # not built by this tool
        if not any(entry.startswith(f"{system}/") for entry in plugin.entries):
            message = "is missing with all that the executable needs"
            yield Finding("parts", "error", f"{system}/", message, _BUILD_AGAIN)
            continue
        for part, size in _expected_parts(plugin, system).items():
            entry = plugin.entries.get(part)
            if entry is None:
                yield Finding("parts", "error", part, "is missing since the build", _BUILD_AGAIN)
            elif size is not None and entry.size != size:
                message = f"has {entry.size} bytes; the build wrote {size}"
                yield Finding("parts", "error", part, message, _BUILD_AGAIN)


def _expected_parts(plugin: BuiltPlugin, system: str) -> dict[str, int | None]:
    """Return the parts and their sizes, from the list that the build wrote where there is one."""
    parts: dict[str, int | None] = dict.fromkeys([f"{system}/buildinfo.json", f"{system}/sbom.cdx.json"])
    if system in _LOADERS:
        parts |= dict.fromkeys([f"{system}/app", f"{system}/{_LOADERS[system]}_{system}"])
    try:
        listed = plugin.text(f"{system}/files.txt").splitlines()
    except (KeyError, ParseError):
        return parts
    for line in listed:
        size, _, name = line.partition(" ")
        if size.isdecimal() and len(size) < 15 and name:
            parts[posixpath.normpath(f"{system}/{name}")] = int(size)
    return parts


def check_unknown_programs(plugin: BuiltPlugin) -> Iterator[Finding]:
    """Nothing but what Grafana starts has the name of an executable."""
    executable = (plugin.metadata() or {}).get("executable")
    if not isinstance(executable, str) or not executable:
        return
    started = set(plugin.executables().values())
    for name in plugin.entries:
        if name.startswith(f"{executable}_") and "/" not in name and name not in started:
            known = ", ".join(SYSTEMS)
            message = f"has the name of an executable and is none of {known}"
            yield Finding("modes", "error", name, message, "rename it")
