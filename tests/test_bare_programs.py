"""What tests start is on a machine with Python, pip and git alone, or the test says what it lacks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
_STARTS = {"run", "Popen", "check_call", "check_output", "call"}
# Of Debian's packages that every system has, of git and ca-certificates; binutils is what scripts/setup brings.
BARE = {
    *(
        "bash",
        "cat",
        "chown",
        "chroot",
        "cp",
        "dpkg-deb",
        "echo",
        "ldd",
        "ls",
        "mknod",
        "mount",
        "rm",
        "setpriv",
    ),
    *("setsid", "sh", "sleep", "tar", "timeout", "true", "umount", "unshare"),
    *("git", "openssl"),
    *("objdump", "strip"),
}
# Programs of other systems than Linux, behind a look at sys.platform.
ELSEWHERE = {"pgrep", "ps", "taskkill"}
# Started where another part has looked for it, or for what comes with it.
ASKED_FOR_BY = {
    ("docker_engine.py", "ip"): "need_engine: a bridge is made for an engine alone",
    ("e2e/build_image.py", "docker"): "the image is loaded into a running engine",
    ("sdk/sql/servers.py", "mariadb-install-db"): "mariadb_program: both are of one package",
    ("sdk/data/test_macros_in_mariadb.py", "mariadb"): "skipped without, in a loop over its programs",
    ("sdk/data/test_macros_in_mariadb.py", "mariadbd"): "skipped without, in a loop over its programs",
    (
        "sdk/data/test_macros_in_mariadb.py",
        "mariadb-install-db",
    ): "skipped without, in a loop over its programs",
    ("e2e/roots.py", "debootstrap"): "need_roots, in a loop over its tools",
}


def started(text: str) -> Iterator[str]:
    """Yield the programs that a module starts by a list that begins with their name."""
    for node in ast.walk(ast.parse(text)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        first = node.args[0]
        is_start = node.func.attr in _STARTS and isinstance(first, ast.List) and first.elts
        if is_start and isinstance(first, ast.List) and isinstance(first.elts[0], ast.Constant):
            yield str(first.elts[0].value)


def says_what_it_lacks(text: str, program: str) -> bool:
    """Return True if a module looks for a program and skips without it."""
    return re.search(rf"which\(\s*[\"']{re.escape(program)}[\"']", text) is not None and "skip" in text


def silent(text: str) -> set[str]:
    """Return the programs that a bare machine lacks and the module takes for granted."""
    needed = {program.removeprefix("/bin/") for program in started(text)} - BARE - ELSEWHERE
    return {program for program in needed if not says_what_it_lacks(text, program)}


def test_a_program_that_a_bare_machine_lacks_is_looked_for() -> None:
    names = {path: path.relative_to(TESTS).as_posix() for path in TESTS.rglob("*.py")}
    found = {(name, program) for path, name in names.items() for program in silent(path.read_text("utf-8"))}
    assert found == set(ASKED_FOR_BY)


@pytest.mark.parametrize(
    ("text", "programs"),
    [
        ("subprocess.run(['go', 'version'])", {"go"}),
        ("subprocess.Popen(['node'])", {"node"}),
        ("if shutil.which('go') is None: pytest.skip('x')\nsubprocess.run(['go'])", set()),
        ("subprocess.run(['git', 'init'])", set()),
        ("subprocess.run([TOOL, 'build'])", set()),
    ],
)
def test_the_rule_sees_what_is_silent(text: str, programs: set[str]) -> None:
    assert silent(text) == programs
