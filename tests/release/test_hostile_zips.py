"""Whatever is wrong with a zip is a finding; Grafana's own installer is the judge of names."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugin_cli.release.finding import Finding
from plugin_cli.release.open_plugin import open_plugin
from plugin_cli.release.rules import check
from plugin_cli.release.validate import validate
from plugin_cli.release.zip_contents import installed_name
from tests.build.plugins import METADATA, elf, macho, pe, valid_dist
from tests.release.hostile import (
    DEVICE,
    FILE,
    FOLDER,
    LINK,
    PIPE,
    SOCKET,
    TOP,
    UTF8,
    Member,
    good_members,
    write_hostile,
)

EXE = "gpx_weather_linux_amd64"
TEXTS = st.text(max_size=20)


@pytest.fixture(autouse=True)
def _no_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> list[Member]:
    return good_members(valid_dist(tmp_path_factory.mktemp("good") / "dist"))


def found(path: Path) -> set[tuple[str, str]]:
    return {(item.rule, str(item.severity)) for item in check(open_plugin(path)) if item.rule != "catalogue"}


def test_the_zip_that_the_others_are_made_of_is_good(tmp_path: Path, good: list[Member]) -> None:
    assert found(write_hostile(tmp_path / "x.zip", good)) == set()


# What Grafana's installer does with a name: it refuses the whole zip, writes the file somewhere else than
# into the plugin's folder, or writes it there under another name; and where it goes from that folder.
INSTALLER = [
    ("/etc/passwd", "refuses", None),
    ("//etc/passwd", "refuses", None),
    ("../evil", "refuses", None),
    (f"{TOP}/../../evil", "refuses", None),
    (f"{TOP}/a/../../../evil", "refuses", None),
    ("..", "refuses", None),
    (".", "refuses", None),
    (f"{TOP}/../other-plugin/module.js", "elsewhere", "../other-plugin/module.js"),
    ("my plugin/module.js", "elsewhere", "../my plugin/module.js"),
    ("ünder/module.js", "elsewhere", "../ünder/module.js"),
    ("module.js", "elsewhere", "../module.js"),
    (f"{TOP}//a", "renames", "a"),
    (f"{TOP}/./a", "renames", "a"),
    (f"{TOP}/b/../a", "renames", "a"),
    ("./a", "renames", "a"),
    ("other-top/a", "takes", "a"),
    (f"{TOP}/a", "takes", "a"),
]


@pytest.mark.parametrize(("name", "does", "place"), INSTALLER)
def test_a_name_is_judged_as_by_grafanas_installer(
    tmp_path: Path, good: list[Member], name: str, does: str, place: str | None
) -> None:
    if place is not None:
        assert installed_name(name) == place

    findings = check(open_plugin(write_hostile(tmp_path / "x.zip", [*good, Member(name)])))

    rules = {item.rule for item in findings if item.severity == "error" and item.rule in ("names", "layout")}
    expected = {"takes": set(), "renames": {"names"}, "elsewhere": {"names"}, "refuses": {"names"}}[does]
    if name.partition("/")[0] != TOP:
        expected = expected | {"layout"}
    if "/" not in name and does == "elsewhere":
        expected = {"layout"}
    assert rules == expected


@pytest.mark.parametrize(
    "name",
    [
        "a\\b",
        "C:evil",
        "a\nb",
        "a\x1b[2Jb",
        "a\0b",
        "a\x7fb",
        "a\x85b",
        b"a\xffb",
        "n" * 256,
        "/".join("d" * 50),
        "/".join(["n" * 200] * 6),
    ],
)
def test_a_name_that_a_system_refuses_or_shows_wrongly_is_an_error(
    tmp_path: Path, good: list[Member], name: str | bytes
) -> None:
    raw = name if isinstance(name, bytes) else name.encode()
    flags = 0 if isinstance(name, bytes) else UTF8
    member = Member(f"{TOP}/".encode() + raw if raw != b"C:evil" else b"C:/evil", flags=flags)

    findings = list(check(open_plugin(write_hostile(tmp_path / "x.zip", [*good, member]))))

    assert ("names", "error") in {(item.rule, item.severity) for item in findings}
    sound(findings)


@pytest.mark.parametrize("name", ["aux.py", "con", "COM1.txt", "a ", "a.", 'a"b', "a|b", "a:b", "a?b/c"])
def test_a_name_that_windows_refuses_is_a_warning(tmp_path: Path, good: list[Member], name: str) -> None:
    assert found(write_hostile(tmp_path / "x.zip", [*good, Member(f"{TOP}/{name}")])) == {
        ("names", "warning")
    }


@pytest.mark.parametrize(
    ("names", "severity"),
    [
        (("a/b.py", "a/b.py"), "error"),
        (("a/b.py", "a//b.py"), "error"),
        (("a/b.py", "other/../a/b.py"), "error"),
        (("a/b.py", "A/B.py"), "error"),
        (("caf\u00e9", "cafe\u0301"), "error"),
        (("stra\u00dfe", "STRASSE"), "error"),
        (("a", "a/b"), "error"),
        (("a", "A/b"), "error"),
        (("linux_amd64/B.py", "linux_amd64/b.py"), "warning"),
    ],
)
def test_two_files_of_one_name_are_found(
    tmp_path: Path, good: list[Member], names: tuple[str, str], severity: str
) -> None:
    members = [Member(f"{TOP}/{name}") for name in names]
    assert found(write_hostile(tmp_path / "x.zip", [*good, *members])) == {("names", severity)}


@pytest.mark.parametrize(
    ("mode", "rule"),
    [
        (PIPE | 0o644, "kinds"),
        (DEVICE | 0o644, "kinds"),
        (0o060644, "kinds"),
        (SOCKET | 0o644, "kinds"),
        (FOLDER | 0o755, "kinds"),
        (LINK | 0o777, "links"),
        (FILE | 0o4755, "modes"),
        (FILE | 0o2755, "modes"),
        (FILE | 0o1755, "modes"),
        (FILE | 0o600, "modes"),
        (0, "modes"),
    ],
)
def test_what_is_not_a_plain_file_is_found(tmp_path: Path, good: list[Member], mode: int, rule: str) -> None:
    member = Member(f"{TOP}/thing", mode=mode)
    assert found(write_hostile(tmp_path / "x.zip", [*good, member])) == {(rule, "error")}


def test_a_zip_of_a_system_without_modes_is_good(tmp_path: Path, good: list[Member]) -> None:
    members = [Member(member.name, member.data, mode=0, system=0) for member in good]
    assert found(write_hostile(tmp_path / "x.zip", members)) == set()


DAMAGES: dict[str, Callable[[], Member]] = {
    "encrypted": lambda: Member(f"{TOP}/x", flags=UTF8 | 1),
    "strongly encrypted": lambda: Member(f"{TOP}/x", flags=UTF8 | 0x41),
    "an unknown method": lambda: Member(f"{TOP}/x", method=99),
    "bzip2": lambda: Member(f"{TOP}/x", method=12),
    "a wrong checksum": lambda: Member(f"{TOP}/x", crc=1),
    "smaller than it says": lambda: Member(f"{TOP}/x", size=100),
    "larger than it says": lambda: Member(f"{TOP}/x", b"x" * 1000, size=1, crc=0x8CDC1683),
    "stored and larger than it says": lambda: Member(f"{TOP}/x", b"x" * 9, method=0, size=1, crc=0x8CDC1683),
    "no deflate": lambda: Member(f"{TOP}/x", packed=b"\xff" * 20),
    "cut": lambda: Member(f"{TOP}/x", b"text" * 99, packed=b"\xcb"),
    "another name in front": lambda: Member(f"{TOP}/x", local_name=b"y"),
    "elsewhere": lambda: Member(f"{TOP}/x", at=7),
    "beyond the end": lambda: Member(f"{TOP}/x", at=10**9),
    "on another entry": lambda: Member(f"{TOP}/x", at=0),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_entry_that_grafana_cannot_unpack_is_found(
    tmp_path: Path, good: list[Member], damage: str
) -> None:
    path = write_hostile(tmp_path / "x.zip", [*good, DAMAGES[damage]()])
    assert ("archive", "error") in found(path)


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all", b"PK\5\6" + b"\xff" * 18, b"\0" * 100_000])
def test_what_is_no_zip_is_found(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    assert found(tmp_path / "x.zip") == {("archive", "error")}


def test_a_list_of_files_that_would_fill_the_memory_is_not_read(tmp_path: Path, good: list[Member]) -> None:
    assert found(write_hostile(tmp_path / "x.zip", good, total=1 << 31)) == {("archive", "error")}


def test_a_bomb_is_found_and_not_unpacked(tmp_path: Path, good: list[Member]) -> None:
    members = [Member(f"{TOP}/{index}", size=1_000_000_000) for index in range(1300)]
    assert ("size", "error") in found(write_hostile(tmp_path / "x.zip", [*good, *members]))
    members = [Member(f"{TOP}/{index}", size=1_000_000) for index in range(900)]
    assert ("size", "error") in found(write_hostile(tmp_path / "x.zip", [*good, *members]))


_IN_LITTLE_MEMORY = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (400_000_000, 400_000_000))
from plugin_cli.__main__ import run
sys.exit(run(["validate", sys.argv[1]]))
"""


@pytest.mark.skipif(
    sys.platform != "linux", reason="optional: only Linux limits a process's memory like this"
)
def test_a_large_file_is_read_in_little_memory(tmp_path: Path, good: list[Member]) -> None:
    packer, crc, packed = zlib.compressobj(1, zlib.DEFLATED, -15), 0, b""
    for piece in [random.Random(1).randbytes(4_000_000), *[bytes(4_000_000)] * 120]:
        crc, packed = zlib.crc32(piece, crc), packed + packer.compress(piece)
    big = Member(f"{TOP}/img/big.bin", b"", packed=packed + packer.flush(), size=484_000_000, crc=crc)
    path = write_hostile(tmp_path / "x.zip", [*good, big])
    done = subprocess.run(
        [sys.executable, "-c", _IN_LITTLE_MEMORY, path], capture_output=True, text=True, check=False
    )
    assert (done.returncode, "[size]" in done.stderr) == (0, True), done.stderr


def with_json(good: list[Member], name: str, text: str | bytes) -> list[Member]:
    data = text if isinstance(text, bytes) else text.encode()
    kept = [member for member in good if member.name != f"{TOP}/{name}"]
    return [*kept, Member(f"{TOP}/{name}", data)]


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


UNREADABLE = ["", "[", "[]", "3", "null", nested(100_000), nested(201), b"\xff\xfe", '{"a": NaN}', '"' * 9]


@pytest.mark.parametrize("text", UNREADABLE)
@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("plugin.json", "metadata"),
        ("linux_amd64/buildinfo.json", "build-info"),
        ("linux_amd64/sbom.cdx.json", "sbom"),
        ("module.js.map", "source-map"),
        ("MANIFEST.txt", "manifest"),
    ],
)
def test_json_that_cannot_be_used_is_found(
    tmp_path: Path, good: list[Member], name: str, rule: str, text: str | bytes
) -> None:
    assert rule in {rule for rule, _ in found(write_hostile(tmp_path / "x.zip", with_json(good, name, text)))}


def test_json_that_is_too_large_is_found(tmp_path: Path, good: list[Member]) -> None:
    text = json.dumps(METADATA) + " " * 5_000_000
    path = write_hostile(tmp_path / "x.zip", with_json(good, "plugin.json", text))
    (finding,) = (item for item in check(open_plugin(path)) if item.rule == "metadata")
    assert finding.message == "cannot be read: it is larger than 4 MiB"


WRONG: list[Any] = [3, 1.5, True, "text", [], [3], [[]], {}, {"a": 3}, {"small": 3}, [{"name": 3}], [None]]


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(below for key, item in items for below in paths(item, (*path, key)))]


WHOLE: dict[str, Any] = METADATA | {
    "aliasIDs": ["a"],
    "extensions": {"addedLinks": [{"targets": ["a"], "title": "b"}]},
    "iam": {"permissions": [{"action": "a", "scope": "b"}]},
    "includes": [{"name": "a", "addToNav": True}],
    "queryOptions": {"maxDataPoints": True},
    "roles": [{"role": {"name": "a", "permissions": []}, "grants": ["b"]}],
    "routes": [{"path": "a", "headers": [{"name": "b"}], "tokenAuth": {"params": {"a": "b"}}}],
    "info": METADATA["info"]
    | {
        "author": {"name": "a"},
        "links": [{"name": "a", "url": "b"}],
        "screenshots": [{"name": "a", "path": "img/logo.svg"}],
        "build": {"time": 3},
        "keywords": ["a"],
    },
}
FACTS = {"time": 3, "pluginID": TOP, "version": "1.2.3", "target": "linux/amd64", "source": "abc"}
# What Grafana reads in two forms, and what nothing reads.
FREE = ("extensions", "license")
BILL = {
    "bomFormat": "CycloneDX",
    "components": [{"name": "a", "version": "1", "licenses": [{"license": {}}]}],
}


def test_the_json_that_is_spoilt_below_is_good(tmp_path: Path, good: list[Member]) -> None:
    members = with_json(good, "plugin.json", json.dumps(WHOLE))
    members = with_json(members, "linux_amd64/buildinfo.json", json.dumps(FACTS))
    members = with_json(members, "linux_amd64/sbom.cdx.json", json.dumps(BILL))
    assert found(write_hostile(tmp_path / "x.zip", members)) == set()


@pytest.mark.parametrize("wrong", WRONG, ids=json.dumps)
@pytest.mark.parametrize(
    ("name", "document", "rules"),
    [
        ("plugin.json", WHOLE, {"metadata"}),
        ("linux_amd64/buildinfo.json", FACTS, {"build-info"}),
        ("linux_amd64/sbom.cdx.json", BILL, {"sbom"}),
    ],
)
def test_a_value_of_another_type_is_found_wherever_it_is(
    tmp_path: Path, good: list[Member], name: str, document: dict[str, Any], rules: set[str], wrong: Any
) -> None:
    for path in paths(document)[1:]:
        spoilt = json.loads(json.dumps(document))
        value = spoilt
        for key in path[:-1]:
            value = value[key]
        right = value[path[-1]]
        value[path[-1]] = wrong

        rules_found = {
            rule
            for rule, _ in found(write_hostile(tmp_path / "x.zip", with_json(good, name, json.dumps(spoilt))))
        }

        if type(wrong) is not type(right) and not (path == ("time",) and wrong == 3):
            assert rules & rules_found or path[-1] in FREE, path


PROGRAMS = {
    "linux_arm64": (elf(183), ""),
    "linux_arm": (elf(40), ""),
    "windows_amd64": (pe(0x8664), ".exe"),
    "darwin_amd64": (macho(0x01000007), ""),
    "darwin_arm64": (macho(0x0100000C), ""),
    "linux_amd64": (elf(62), ""),
}
NO_PROGRAMS = [b"", b"#!/bin/sh\necho 1\n", b"\x7fELF", b"MZ", b"MZ" + b"\xff" * 80, b"text", pe(3), elf(1)]


@pytest.mark.parametrize("system", PROGRAMS)
@pytest.mark.parametrize("head", [*(data for data, _ in PROGRAMS.values()), *NO_PROGRAMS])
def test_a_program_of_another_machine_is_found(
    tmp_path: Path, good: list[Member], system: str, head: bytes
) -> None:
    right, ending = PROGRAMS[system]
    name = f"{TOP}/gpx_weather_{system}{ending}"
    members = [*(member for member in good if member.name != name), Member(name, head, FILE | 0o755)]

    rules = found(write_hostile(tmp_path / "x.zip", members))

    assert (("machine", "error") in rules) == (head != right)


@pytest.mark.parametrize("name", ["linux_amd64/app", "linux_amd64/ld-linux-x86-64.so.2_linux_amd64"])
def test_what_the_executable_starts_is_for_the_same_machine(
    tmp_path: Path, good: list[Member], name: str
) -> None:
    members = [member for member in good if member.name != f"{TOP}/{name}"]
    members.append(Member(f"{TOP}/{name}", elf(183), FILE | 0o755))
    assert found(write_hostile(tmp_path / "x.zip", members)) == {("machine", "error")}


def test_a_missing_part_of_the_bundle_is_found(tmp_path: Path, good: list[Member]) -> None:
    parts = [str(member.name) for member in good if f"{TOP}/linux_amd64/" in str(member.name)]
    listed = "".join(
        f"{len(member.data)} {str(member.name).removeprefix(f'{TOP}/linux_amd64/')}\n"
        for member in good
        if member.name in parts
    )
    extra = [
        Member(f"{TOP}/linux_amd64/lib/a.pyc", b"12345"),
        Member(f"{TOP}/linux_amd64/files.txt", f"{listed}5 lib/a.pyc\n".encode()),
    ]
    whole = [*good, *extra]
    assert found(write_hostile(tmp_path / "x.zip", whole)) == set()
    for part in [*parts, f"{TOP}/linux_amd64/lib/a.pyc"]:
        less = [member for member in whole if member.name != part]
        assert ("parts", "error") in found(write_hostile(tmp_path / "x.zip", less)), part
    cut = [*good, extra[1], Member(f"{TOP}/linux_amd64/lib/a.pyc", b"123")]
    assert found(write_hostile(tmp_path / "x.zip", cut)) == {("parts", "error")}
    none = [member for member in good if member.name not in parts]
    assert found(write_hostile(tmp_path / "x.zip", none)) == {("parts", "error")}


def test_many_findings_of_a_rule_are_counted(tmp_path: Path, good: list[Member]) -> None:
    members = [Member(f"{TOP}/a\n{index}") for index in range(5000)]
    result = validate(write_hostile(tmp_path / "x.zip", [*good, *members]))
    shown = [item for item in result.findings if item.rule == "names"]
    assert (len(shown), shown[-1].message) == (21, "and 4980 more like these")


members = st.builds(
    Member,
    name=st.one_of(
        TEXTS,
        st.binary(max_size=20),
        TEXTS.map(lambda text: f"{TOP}/{text}"),
        st.sampled_from(
            [
                f"{TOP}/{name}"
                for name in ("plugin.json", "module.js", EXE, "linux_amd64/files.txt", "MANIFEST.txt")
            ]
        ),
    ),
    data=st.one_of(st.binary(max_size=50), st.sampled_from([b"{}", nested(9000).encode(), elf(62)])),
    mode=st.integers(0, 0xFFFF),
    flags=st.integers(0, 0xFFFF),
    method=st.one_of(st.just(8), st.integers(0, 0xFFFF)),
    size=st.one_of(st.none(), st.integers(0, 0xFFFFFFFF)),
    crc=st.one_of(st.none(), st.integers(0, 0xFFFFFFFF)),
    system=st.one_of(st.just(3), st.integers(0, 255)),
    local_name=st.one_of(st.none(), st.binary(max_size=20)),
    packed=st.one_of(st.none(), st.binary(max_size=50)),
    at=st.one_of(st.none(), st.integers(0, 0xFFFFFFFF)),
)


def sound(findings: list[Finding]) -> None:
    assert findings
    for finding in findings:
        assert finding.rule
        assert finding.severity in ("error", "warning", "notice")
        assert str(finding).replace("\n  try: ", "").replace("\n       ", "").isprintable()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(extra=st.lists(members, min_size=1, max_size=5), keep=st.booleans())
def test_hundreds_of_hostile_zips_give_findings(
    tmp_path: Path, good: list[Member], extra: list[Member], keep: bool
) -> None:
    path = write_hostile(tmp_path / "x.zip", [*(good if keep else []), *extra])
    sound(list(check(open_plugin(path))))


def fuzz(tmp_path: Path, good: list[Member], rounds: int, seed: int) -> None:
    whole = write_hostile(tmp_path / "good.zip", good).read_bytes()
    numbers = random.Random(seed)
    for _ in range(rounds):
        data = bytearray(whole)
        for _ in range(numbers.choice([1, 1, 2, 8, 64])):
            data[numbers.randrange(len(data))] = numbers.randrange(256)
        if numbers.random() < 0.2:
            del data[numbers.randrange(len(data)) :]
        (tmp_path / "x.zip").write_bytes(data)
        sound(list(check(open_plugin(tmp_path / "x.zip"))))


def test_changed_bytes_give_findings(tmp_path: Path, good: list[Member]) -> None:
    fuzz(tmp_path, good, rounds=300, seed=15)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(10))
def test_very_many_changed_bytes_give_findings(tmp_path: Path, good: list[Member], seed: int) -> None:
    fuzz(tmp_path, good, rounds=10_000, seed=seed)
