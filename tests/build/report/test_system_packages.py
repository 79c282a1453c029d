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
    # Alpine's package of dpkg comes with an empty database; the answer goes to stderr.
    "Alpine": ("", []),
    "a word of apk": (f"{LOADER} is owned by gcompat-1.1.0-r4", []),
    "a word of pacman": (f"{LOADER} is owned by glibc 2.40+r16+gaa533d58ff-2", []),
    "a word of another tool": ("warning: database is locked\nsomething else entirely", []),
}


@pytest.mark.parametrize(("output", "names"), DPKG.values(), ids=DPKG)
def test_owners_are_the_packages_that_dpkg_names(output: str, names: list[str]) -> None:
    assert system_packages.debian_owners(output) == names


FACTS = {
    "one": ("2.41-12+deb13u5|glibc|2.41-12+deb13u5", "2.41-12+deb13u5"),
    "two architectures": (
        "2.39-0ubuntu8|glibc|2.39-0ubuntu8\n2.39-0ubuntu8|glibc|2.39-0ubuntu8",
        "2.39-0ubuntu8",
    ),
    "a warning before": ("dpkg-query: warning: x\n2.35-0ubuntu3|glibc|2.35-0ubuntu3", "2.35-0ubuntu3"),
    "no source": ("2.36|", None),
    "nothing": ("", None),
}


@pytest.mark.parametrize(("said", "version"), FACTS.values(), ids=FACTS)
def test_facts_of_dpkg_are_read_or_passed_over(
    said: str, version: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system_packages, "_ask", lambda *_: said)
    system_packages._debian_package.cache_clear()
    package = system_packages._debian_package("libc6:amd64")
    system_packages._debian_package.cache_clear()
    assert (package.version if package else None) == version


RPM = {
    "Fedora": ("glibc|2.40-3.fc41|glibc-2.40-3.fc41.src.rpm|LGPL-2.1-or-later AND BSD-3-Clause", "glibc"),
    "two architectures": ("zlib|1|z.src.rpm|zlib\nzlib|1|z.src.rpm|zlib", "zlib"),
    "a warning before": ("warning: rpmdb: BDB0113\nglibc|2|g.src.rpm|LGPL", "glibc"),
    "a licence with a bar": ("odd|1|odd.src.rpm|MIT|BSD", "odd"),
    "no owner": ("file /lib64/libc.so.6 is not owned by any package", None),
    "a word of apk": ("/lib/ld-musl-x86_64.so.1 is owned by musl-1.2.5-r8", None),
    "no database": ("error: cannot open Packages index", None),
    "nothing": ("", None),
}


@pytest.mark.parametrize(("said", "name"), RPM.values(), ids=RPM)
def test_what_rpm_prints_is_read_or_passed_over(
    said: str, name: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system_packages, "_ask", lambda *command: said if command[0] == "rpm" else "")
    package = system_packages.owner(Path(LOADER))
    assert (package.name if package else None) == name


def test_a_package_without_facts_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"-S": f"ghost: {LOADER}", "-W": "", "-qf": "error: rpmdb open failed"}
    monkeypatch.setattr(system_packages, "_ask", lambda *command: answers[command[1]])
    system_packages._debian_package.cache_clear()
    assert system_packages.owner(Path(LOADER)) is None
