"""What package managers print about a library, as recorded on real systems."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin_cli.build.report import system_packages

LOADER = "/lib64/ld-linux-x86-64.so.2"

DPKG = {
    "Debian 12": (f"libc6:amd64: {LOADER}", ["libc6:amd64"]),
    "Debian 13": (
        f"diversion by libc6 from: {LOADER}\n"
        f"diversion by libc6 to: {LOADER}.usr-is-merged\n"
        "libc6:amd64: /usr/lib64/ld-linux-x86-64.so.2",
        ["libc6:amd64"],
    ),
    "only a diversion": (f"diversion by libc6 from: {LOADER}\ndiversion by libc6 to: {LOADER}.old", []),
    "local diversion": (f"local diversion from: {LOADER}\nlocal diversion to: {LOADER}.distrib", []),
    "two architectures": ("libz1:amd64, libz1:i386: /usr/share/doc/libz1", ["libz1:amd64", "libz1:i386"]),
    "no architecture": ("base-files: /lib64", ["base-files"]),
    "nothing": ("", []),
    "a word of another tool": ("warning: database is locked\nsomething else entirely", []),
}


@pytest.mark.parametrize(("output", "names"), DPKG.values(), ids=DPKG)
def test_owners_are_the_packages_that_dpkg_names(output: str, names: list[str]) -> None:
    assert system_packages.debian_owners(output) == names


def test_a_package_without_facts_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"-S": f"ghost: {LOADER}", "-W": "", "-qf": "error: rpmdb open failed"}
    monkeypatch.setattr(system_packages, "_ask", lambda *command: answers[command[1]])
    system_packages._debian_package.cache_clear()
    assert system_packages.owner(Path(LOADER)) is None
