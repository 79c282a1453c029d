"""Libraries are found in the context of what loads them, as the loader of glibc does it."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from plugin_cli.build.portable.elf import read_elf
from plugin_cli.build.portable.linking import Linked

_AMD64, _ARM64 = 62, 183


def elf(
    path: Path,
    *needed: str,
    name: str = "",
    rpath: str = "",
    runpath: str = "",
    machine: int = _AMD64,
) -> Path:
    """Write a library that says nothing but what it is linked to."""
    texts = bytearray(b"\0")
    entries: list[tuple[int, int]] = []
    for tag, value in [*((1, text) for text in needed), (14, name), (15, rpath), (29, runpath)]:
        if value:
            entries.append((tag, len(texts)))
            texts += value.encode() + b"\0"
    start = 64 + 2 * 56
    entries += [(5, start + 16 * (len(entries) + 2)), (0, 0)]
    dynamic = b"".join(struct.pack("<QQ", *entry) for entry in entries)
    size = start + len(dynamic) + len(texts)
    head = struct.pack(
        "<6s10xHHIQQQIHHHHHH", b"\x7fELF\x02\x01", 3, machine, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0
    )
    load = struct.pack("<IIQQQQQQ", 1, 4, 0, 0, 0, size, size, 4096)
    part = struct.pack("<IIQQQQQQ", 2, 4, start, start, start, len(dynamic), len(dynamic), 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + load + part + dynamic + bytes(texts))
    return path


@pytest.fixture
def top(tmp_path: Path) -> Path:
    elf(tmp_path / "app", "libc.so.6")
    elf(tmp_path / "libc.so.6")
    return tmp_path


def missing(top: Path) -> set[str]:
    return set(Linked.below(top).missing(top / "app"))


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = read_elf(elf(tmp_path / "x.so", "a", "b", name="x", rpath="/r:/s", runpath="$ORIGIN"))
    assert found is not None
    assert (found.needed, found.name, found.rpath, found.runpath) == (
        ("a", "b"),
        "x",
        ("/r", "/s"),
        ("$ORIGIN",),
    )


def test_something_that_only_begins_like_a_library_is_none(tmp_path: Path) -> None:
    (tmp_path / "x.so").write_bytes(b"\x7fELF\x02\x01" + bytes(30))
    assert read_elf(tmp_path / "x.so") is None


@pytest.mark.parametrize("kind", ["rpath", "runpath"])
def test_a_repaired_library_is_found_beside_the_package(top: Path, kind: str) -> None:
    where = "$ORIGIN/../../scipy.libs"
    own = {"rpath": where} if kind == "rpath" else {"runpath": where}
    elf(
        top / "site/scipy/linalg/x.so",
        "libopenblas-1.so",
        rpath=own.get("rpath", ""),
        runpath=own.get("runpath", ""),
    )
    elf(top / "site/scipy.libs/libopenblas-1.so")
    assert missing(top) == set()


def test_an_inner_library_is_found_by_the_rpath_of_what_loads_it_and_not_by_its_runpath(top: Path) -> None:
    elf(top / "site/libs/libouter.so", "libinner.so")
    elf(top / "site/libs/libinner.so")
    extension = top / "site/pkg/x.so"
    elf(extension, "libouter.so", rpath="$ORIGIN/../libs")
    assert missing(top) == set()
    elf(extension, "libouter.so", runpath="$ORIGIN/../libs")
    assert missing(top) == {"libinner.so"}


def test_what_was_loaded_before_is_found_by_its_name(top: Path) -> None:
    elf(top / "site/libs/libfirst.so", name="liba.so.1")
    elf(top / "site/libs/libsecond.so", "liba.so.1")
    elf(top / "site/pkg/x.so", "libfirst.so", "libsecond.so", runpath="$ORIGIN/../libs")
    assert missing(top) == set()


def test_a_name_somewhere_in_the_bundle_is_no_library_in_reach(top: Path) -> None:
    elf(top / "site/one.libs/libz.so.1")
    elf(top / "site/two/x.so", "libz.so.1")
    assert missing(top) == {"libz.so.1"}
    elf(top / "libz.so.1")
    assert missing(top) == set()


def test_files_for_another_processor_are_nobodys_need(top: Path) -> None:
    elf(top / "site/pkg/attach_arm64.so", "libarm.so", machine=_ARM64)
    assert missing(top) == set()


OWN, PYTHONS = "site/pkg/vendor/libssl.so.3", "libssl.so.3"


@pytest.mark.parametrize(
    ("rpath", "runpath", "loaded"),
    [
        ("", "$ORIGIN/vendor", OWN),
        ("$ORIGIN/vendor", "", OWN),
        ("/elsewhere", "$ORIGIN/vendor", OWN),
        ("$ORIGIN/vendor", "/elsewhere", PYTHONS),
        ("", "", PYTHONS),
    ],
)
def test_a_library_of_the_package_wins_over_pythons_of_the_same_name(
    top: Path, rpath: str, runpath: str, loaded: str
) -> None:
    extension = elf(top / "site/pkg/x.so", "libssl.so.3", rpath=rpath, runpath=runpath)
    other = top / "kept.so"
    other.hardlink_to(extension)
    before = extension.read_bytes()
    for name in (OWN, PYTHONS):
        elf(top / name)
    linked = Linked.below(top)
    linked.prefer_own_libraries()
    again = Linked.below(top)
    assert again.files[extension] == linked.files[extension]
    assert again.loaded_by(extension)["libssl.so.3"] == top / loaded
    assert other.read_bytes() == before


def test_a_runpath_that_hides_nothing_stays_as_it_is(top: Path) -> None:
    extension = elf(top / "site/pkg/x.so", "libown.so", "libc.so.6", runpath="$ORIGIN/vendor:$ORIGIN/../..")
    elf(top / "site/pkg/vendor/libown.so")
    before = extension.read_bytes()
    Linked.below(top).prefer_own_libraries()
    assert extension.read_bytes() == before
