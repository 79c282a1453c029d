"""Build targets in Go's words, and the one that this machine is."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass

from plugin_cli.errors import choice_error

_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_SYSTEMS = {"linux": "linux", "darwin": "darwin", "win32": "windows"}


@dataclass(frozen=True)
class Target:
    """An operating system and an architecture, as `GOOS` and `GOARCH` spell them."""

    os: str
    arch: str

    @property
    def folder(self) -> str:
        """The folder of this target inside `dist/`, e.g. `linux_amd64`."""
        return f"{self.os}_{self.arch}"

    def executable(self, name: str) -> str:
        """Return the file that Grafana starts, e.g. `gpx_weather_windows_amd64.exe`."""
        return f"{name}_{self.folder}" + (".exe" if self.os == "windows" else "")

    def __str__(self) -> str:
        return f"{self.os}/{self.arch}"


TARGETS = (
    Target("linux", "amd64"),
    Target("linux", "arm64"),
    Target("windows", "amd64"),
    Target("darwin", "arm64"),
    Target("darwin", "amd64"),
)
GATE_TARGETS = (*TARGETS, Target("linux", "arm"))
"""What Grafana itself is made for: the gate is compiled for all of them on any machine."""

_WORDS = {
    "linux": TARGETS[0],
    "linux/arm64": TARGETS[1],
    "windows": TARGETS[2],
    "darwin": TARGETS[3],
    "darwin/amd64": TARGETS[4],
} | {str(target): target for target in TARGETS}


def host_target() -> Target:
    """Return the target that this machine is."""
    machine = platform.machine().lower()
    return Target(_SYSTEMS.get(sys.platform, sys.platform), _ARCHITECTURES.get(machine, machine))


def parse_targets(words: list[str]) -> tuple[Target, ...]:
    """Return the targets that words such as `linux`, `linux/arm64` or `all` name; none: this machine's.

    Raises:
        UsageError: a word is not a target; the message lists them.
    """
    if not words:
        return (host_target(),)
    found: list[Target] = []
    for word in words:
        if word == "all":
            found += TARGETS
        elif word in _WORDS:
            found.append(_WORDS[word])
        else:
            raise choice_error("build target", word, [*_WORDS, "all"], command="plugin-cli build")
    return tuple(dict.fromkeys(found))


def parse_gate_targets(words: list[str]) -> tuple[Target, ...]:
    """Return the targets of the gate that words name; none: those of Grafana's images, and this machine's.

    Raises:
        UsageError: a word is not a target; the message lists them.
    """
    if not words:
        here = tuple(target for target in GATE_TARGETS if target == host_target())
        return tuple(dict.fromkeys((*TARGETS[:2], *here)))
    found: list[Target] = []
    for word in words:
        if word == "all":
            found += GATE_TARGETS
        elif word == "linux/arm":
            found.append(GATE_TARGETS[-1])
        elif word in _WORDS:
            found.append(_WORDS[word])
        else:
            options = [*_WORDS, "linux/arm", "all"]
            raise choice_error("build target", word, options, command="plugin-cli build remote")
    return tuple(dict.fromkeys(found))
