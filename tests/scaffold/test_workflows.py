from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from plugin_cli.scaffold.render import write_tree
from plugin_cli.target import TARGETS, parse_targets
from tests.scaffold.scaffolds import answers, rendered

_ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"


@pytest.mark.go
@pytest.mark.parametrize("frontend", ["generated", "react"])
def test_workflows_are_clean_for_actionlint(tmp_path: Path, frontend: str) -> None:
    if shutil.which("go") is None:
        pytest.skip("go is not installed")
    write_tree(rendered(answers(frontend=frontend)), tmp_path)
    workflows = sorted(str(path) for path in (tmp_path / ".github/workflows").iterdir())

    done = subprocess.run(
        ["go", "run", _ACTIONLINT, "-no-color", *workflows], capture_output=True, text=True, check=False
    )

    assert len(workflows) == 2
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_release_builds_every_target_on_a_machine_of_its_own() -> None:
    release = yaml.safe_load(rendered(answers())[".github/workflows/release.yml"])
    rows = release["jobs"]["build"]["strategy"]["matrix"]["include"]

    assert parse_targets([row["target"] for row in rows]) == TARGETS
    assert len({row["runner"] for row in rows}) == len(rows)


def test_the_release_joins_the_parts_with_the_licences_of_each(tmp_path: Path) -> None:
    release = yaml.safe_load(rendered(answers())[".github/workflows/release.yml"])
    (script,) = [
        step["run"] for step in release["jobs"]["release"]["steps"] if "dist.tar" in step.get("run", "")
    ]
    for name in ("linux_amd64", "darwin_arm64"):
        made, part = tmp_path / "made" / "dist", tmp_path / "parts" / f"dist-{name}"
        write_tree({"plugin.json": b"{}", "THIRD_PARTY_LICENSES.txt": f"{name}\n".encode()}, made)
        (made / f"gpx_weather_{name}").write_bytes(b"")
        (made / f"gpx_weather_{name}").chmod(0o755)
        part.mkdir(parents=True)
        subprocess.run(["tar", "-cf", part / "dist.tar", "-C", made.parent, "dist"], check=True)
        shutil.rmtree(made)

    subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, check=True)

    dist = tmp_path / "dist"
    assert sorted((dist / "THIRD_PARTY_LICENSES.txt").read_text().split()) == ["darwin_arm64", "linux_amd64"]
    executables = sorted(path.name for path in dist.iterdir() if path.stat().st_mode & 0o111)
    assert executables == ["gpx_weather_darwin_arm64", "gpx_weather_linux_amd64"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dist", "made", "parts"]


@pytest.mark.parametrize("name", ["ci.yml", "release.yml"])
def test_the_workflows_take_the_tool_and_every_package_from_the_lock(name: str) -> None:
    jobs = yaml.safe_load(rendered(answers())[f".github/workflows/{name}"])["jobs"]

    for job in jobs.values():
        steps = [step for step in job["steps"] if "run" in step]
        commands = [step["run"] for step in steps]
        sync = commands.index("uv sync $LOCKED")
        assert "--locked" in steps[sync]["env"]["LOCKED"]
        tool = [command for command in commands if "plugin-cli" in command]
        assert tool
        assert all(command.startswith("uv run --no-sync plugin-cli ") for command in tool)
        assert commands.index(tool[0]) > sync
        assert all(command.endswith(" --locked") for command in tool if " build " in command)
