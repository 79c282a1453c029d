"""The README's two commands on machines that hold python3, pip and git, and nothing else."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin_sdk.testing import settings
from tests.e2e.bare_roots import SUITES, USER, BareRoot, clone_into, make_bare_root, need_bare_roots
from tests.e2e.roots import make_root, need_roots

pytestmark = [pytest.mark.e2e, pytest.mark.roots]
NEWEST, TODAY = "sid", "trixie"
_DEMO = (
    "scripts/demo --runtime preview && cd demo/weather"
    " && ../../.venv/bin/plugin-cli dev status && ../../.venv/bin/plugin-cli dev down"
)


@pytest.fixture(scope="module")
def bare_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, BareRoot]]:
    """The systems by name, each made when it is first used; what one test leaves, the next one finds."""
    need_bare_roots()
    folder = tmp_path_factory.mktemp("bare")

    class Roots(dict[str, BareRoot]):
        def __missing__(self, suite: str) -> BareRoot:
            self[suite] = make_bare_root(suite, folder / suite)
            return self[suite]

    yield Roots()
    shutil.rmtree(folder, ignore_errors=True)


def _demo(root: BareRoot, user: str = "root") -> str:
    done = root.run(f"cd {root.clone} && {_DEMO}", user=user)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-8000:]
    assert "Traceback" not in said
    return said


# In this order in one system: before root installs anything, what is missing is missing for everybody.
def test_an_ordinary_user_is_given_the_line_to_run(bare_root: dict[str, BareRoot]) -> None:
    root = clone_into(bare_root[TODAY], clone=f"/home/{USER}/plugin-cli", user=USER)

    for command in ("scripts/demo", "scripts/test"):
        done = root.run(f"cd {root.clone} && {command}", user=USER)

        assert done.returncode == 3, done.stdout + done.stderr
        assert done.stdout == ""
        why, remedy = done.stderr.splitlines()
        assert why == "error: some programs are missing: binutils libpython3.13"
        assert remedy == "  try: sudo apt-get install -y --no-install-recommends binutils libpython3.13"
    assert not root.path(f"{root.clone}/.venv").exists()
    # The line works as it stands, but for sudo, which a bare system does not have.
    done = root.run("apt-get update -qq && " + remedy.removeprefix("  try: sudo ") + " -qq")
    assert done.returncode == 0, done.stderr


def test_an_ordinary_user_sees_the_plugin_in_a_clean_home(bare_root: dict[str, BareRoot]) -> None:
    root = BareRoot(bare_root[TODAY].folder, f"/home/{USER}/plugin-cli")

    said = _demo(root, USER)

    assert "OK: The data source is working" in said


@pytest.mark.parametrize("suite", SUITES)
def test_demo_sets_up_builds_queries_and_shows_the_plugin(suite: str, bare_root: dict[str, BareRoot]) -> None:
    said = _demo(bare_root[suite])

    assert "OK: The data source is working" in said
    assert re.search(r"A: berlin, 2 fields, \d+ rows", said)
    assert re.search(r"http://127\.0\.0\.1:\d+", said)


@pytest.mark.parametrize("old", ["bullseye", "distroless"])
def test_the_bundle_of_the_newest_system_runs_in_the_oldest(
    old: str, bare_root: dict[str, BareRoot], tmp_path: Path
) -> None:
    need_roots()
    root = bare_root[NEWEST]
    dist = root.path(f"{root.clone}/demo/weather/dist")
    if not dist.is_dir():
        _demo(root)
    sockets = tmp_path / "sockets"
    sockets.mkdir()
    sockets.chmod(0o777)

    with make_root(old, tmp_path / old).start(dist, "gpx_weather_linux_amd64", sockets) as (_, client):
        health = client.check_health(settings({"url": ""}, {"api_key": "k"}))
        assert health.message == "The data source is working"


# A test that starts a program without saying so, and one that says so.
_NEEDY = """
import shutil, subprocess, pytest

@pytest.mark.parametrize("tool", ["chromium", "docker", "go", "node"])
def test_planted(tool):
    {first}
    subprocess.run([tool, "--version"], check=True)
"""
_SAYS = 'shutil.which(tool) or pytest.skip(f"{tool} is not installed")'
PLANTED = {
    "silently": ("pass", 1, "4 failed", "failed (1)"),
    "saying so": (
        _SAYS,
        0,
        "4 skipped",
        "skipped (chromium is not installed; docker is not installed; go is not installed; node is not installed)",
    ),
}


@pytest.mark.parametrize(("first", "code", "count", "outcome"), PLANTED.values(), ids=PLANTED)
def test_a_test_that_needs_a_tool_fails_its_group_unless_it_says_so(
    first: str, code: int, count: str, outcome: str, bare_root: dict[str, BareRoot]
) -> None:
    root = bare_root[TODAY]
    assert root.run(f"cd {root.clone} && scripts/setup").returncode == 0
    copy = clone_into(root, clone=f"/src/planted-{code}")
    tests = copy.path(f"{copy.clone}/tests")
    for path in tests.rglob("test_*.py"):
        path.unlink()
    (tests / "test_planted.py").write_text(_NEEDY.format(first=first))
    copy.path(f"{copy.clone}/.venv").symlink_to(f"{root.clone}/.venv")

    done = copy.run(f"cd {copy.clone} && scripts/test unit")

    assert done.returncode == code, done.stdout + done.stderr
    assert count in done.stdout
    (line,) = re.findall(r"^== unit: \d+ s, (.*)$", done.stdout, re.MULTILINE)
    assert line == outcome


@pytest.mark.nightly  # as long as all other tests together
def test_tests_pass_today_and_say_what_they_lack(bare_root: dict[str, BareRoot]) -> None:
    _test(bare_root[TODAY])


@pytest.mark.nightly
@pytest.mark.parametrize("suite", [name for name in SUITES if name != TODAY])
def test_tests_pass_in_the_other_systems(suite: str, bare_root: dict[str, BareRoot]) -> None:
    _test(bare_root[suite])


@pytest.mark.nightly
def test_tests_pass_for_an_ordinary_user(bare_root: dict[str, BareRoot]) -> None:
    root = bare_root[TODAY]
    assert root.run(f"cd {root.clone} && scripts/setup").returncode == 0
    _test(clone_into(root, clone=f"/home/{USER}/tests", user=USER), USER)


def _test(root: BareRoot, user: str = "root") -> None:
    done = root.run(f"cd {root.clone} && scripts/test", user=user, timeout=2400)

    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-12000:]
    assert "all groups passed" in said
    # A group that needs a tool which is not there says so.
    for group, missing in {"conformance": "go", "docker": "docker"}.items():
        (line,) = re.findall(rf"^== {group}: .*skipped \((.*)\)$", said, re.MULTILINE)
        assert missing in line.lower()
