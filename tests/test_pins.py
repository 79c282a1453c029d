"""The project's own environment: pinned, with hashes, without an index's address."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import warnings
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.built_plugin import ROOT

PIN = re.compile(
    r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?: ; (?P<marker>.+?))?(?P<hashes>(?: --hash=sha256:[0-9a-f]{64})+)$"
)
LINES = (ROOT / "constraints.txt").read_text().replace(" \\\n   ", "").splitlines()
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def _requirements() -> dict[str, Requirement]:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())
    texts = [
        *document["project"]["dependencies"],
        *(
            item
            for group in document["dependency-groups"].values()
            for item in group
            if isinstance(item, str)
        ),
        *document["build-system"]["requires"],
    ]
    found = [Requirement(text) for text in texts]
    return {re.sub(r"[-_.]+", "-", requirement.name).lower(): requirement for requirement in found}


def test_each_line_is_a_version_with_its_hashes_and_no_address() -> None:
    assert [line for line in LINES if not PIN.match(line)] == []
    assert "//" not in "".join(LINES)


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_what_pyproject_names_is_pinned_where_it_may_be(python: str, platform: str) -> None:
    from packaging.markers import Marker

    environment = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": platform}
    pinned = {
        match["name"]: match["version"]
        for match in map(PIN.match, LINES)
        if match and (not match["marker"] or Marker(match["marker"]).evaluate(environment))
    }
    for name, requirement in _requirements().items():
        assert name in pinned, f"{name} is not pinned; run scripts/pin"
        assert requirement.specifier.contains(pinned[name], prereleases=True), (
            f"{requirement}; run scripts/pin"
        )


def test_this_environment_holds_what_is_pinned() -> None:
    from importlib.metadata import version

    if os.environ.get("NEWEST") == "1":
        pytest.skip("optional: the newest of everything was asked for")
    for name in _requirements():
        versions = {match["version"] for match in map(PIN.match, LINES) if match and match["name"] == name}
        if name != "hatchling":  # only in the environments that build a wheel
            assert version(name) in versions, f"{name} {version(name)}; run scripts/setup"


@pytest.mark.parametrize("kind", [DeprecationWarning, PendingDeprecationWarning, FutureWarning])
def test_a_deprecation_stops_the_product_and_not_a_test(kind: type[Warning]) -> None:
    with warnings.catch_warnings(record=True) as shown:
        warnings.warn_explicit("going away", kind, "edges.py", 1, module="tests.sdk.data.test_edges")
    assert [warning.category for warning in shown] == [kind]
    with pytest.raises(kind):
        warnings.warn_explicit("going away", kind, "frame.py", 1, module="plugin_sdk.data.frame")


@pytest.mark.nightly
def test_the_newest_of_everything_passes_what_is_quick(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
    env = {**os.environ, "NEWEST": "1", "PYTHON": sys.executable}
    env.pop("CI", None)

    for command in ("scripts/setup", "scripts/test unit"):
        done = subprocess.run(
            command.split(), cwd=clone, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-8000:]
