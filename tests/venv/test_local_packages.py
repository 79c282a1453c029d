"""A package of this machine or of a branch is seen to change by its content, whatever its version says."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from plugin_cli.venv.local_packages import (
    changed_packages,
    declared_folders,
    local_packages,
    loose_packages,
    newest_change,
    to_json,
)
from tests.build.bundle.environment import SITE, facts_of, install, installed

GIT = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@b.c",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@b.c",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "lib [1]"
    (folder / "src").mkdir(parents=True)
    (folder / "pyproject.toml").write_text('[project]\nname = "lib"\nversion = "1"\n')
    (folder / "src" / "lib.py").write_text("x = 1\n")
    return folder


def recorded(prefix: Path, direct: dict[str, Any]) -> list[dict[str, Any]]:
    install(prefix, "lib", {"lib.py": ""}, direct=direct)
    return to_json(local_packages(installed(prefix).values()))


def test_what_an_index_has_is_never_looked_at(tmp_path: Path) -> None:
    install(tmp_path, "lib", {"lib.py": ""})
    assert local_packages(installed(tmp_path).values()) == ()


@pytest.mark.parametrize("name", ["src/lib.py", "src/data.csv", "pyproject.toml"])
def test_a_changed_new_or_lost_file_of_a_folder_is_a_change(tmp_path: Path, project: Path, name: str) -> None:
    kept = recorded(tmp_path / "venv", {"url": project.as_uri(), "dir_info": {}})
    assert changed_packages(kept, remote=False) == ()
    path = project / name
    before = path.stat() if path.exists() else None
    path.write_text("x = 2\n")
    if before is not None:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert changed_packages(kept, remote=False) == ("lib",)


@pytest.mark.parametrize(
    "name", ["build/x.py", "src/__pycache__/x.pyc", ".git/HEAD", "src/lib.egg-info/x", "dist/x.whl"]
)
def test_what_tools_write_there_is_none(tmp_path: Path, project: Path, name: str) -> None:
    kept = recorded(tmp_path / "venv", {"url": project.as_uri(), "dir_info": {}})
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    (project / name).write_text("x")
    assert changed_packages(kept, remote=False) == ()


def test_an_editable_package_is_installed_again_only_for_what_builds_it(
    tmp_path: Path, project: Path
) -> None:
    kept = recorded(tmp_path / "venv", {"url": project.as_uri(), "dir_info": {"editable": True}})
    (project / "src" / "lib.py").write_text("x = 2\n")
    assert changed_packages(kept, remote=False) == ()
    (project / "pyproject.toml").write_text('[project]\nname = "lib"\nversion = "2"\n')
    assert changed_packages(kept, remote=False) == ("lib",)


def test_a_file_that_was_installed_is_compared_by_content(tmp_path: Path) -> None:
    wheel = tmp_path / "lib-1-py3-none-any.whl"
    wheel.write_bytes(b"one")
    kept = recorded(tmp_path / "venv", {"url": wheel.as_uri(), "archive_info": {}})
    assert changed_packages(kept, remote=False) == ()
    wheel.write_bytes(b"two")
    assert changed_packages(kept, remote=False) == ("lib",)
    wheel.unlink()
    assert changed_packages(kept, remote=False) == ("lib",)


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=os.environ | GIT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(folder: Path) -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "x")
    return git(folder, "rev-parse", "HEAD")


def test_a_branch_that_moved_is_a_change_and_a_fixed_commit_never_is(tmp_path: Path, project: Path) -> None:
    git(project, "init", "-qb", "main")
    first = commit(project)
    direct = {
        "url": project.as_uri(),
        "vcs_info": {"vcs": "git", "commit_id": first, "requested_revision": "main"},
    }
    kept = recorded(tmp_path / "venv", direct)
    fixed = {
        "url": project.as_uri(),
        "vcs_info": {"vcs": "git", "commit_id": first, "requested_revision": first[:8]},
    }
    assert recorded(tmp_path / "fixed", fixed) == []
    assert changed_packages(kept, remote=False) == ()
    (project / "src" / "lib.py").write_text("x = 2\n")
    commit(project)
    assert changed_packages(kept, remote=False) == ("lib",)


def test_a_repository_that_is_out_of_reach_changes_nothing(tmp_path: Path) -> None:
    direct = {"url": (tmp_path / "gone").as_uri(), "vcs_info": {"vcs": "git", "commit_id": "a" * 40}}
    assert changed_packages(recorded(tmp_path / "venv", direct), remote=True) == ()


def test_the_folders_that_pyproject_names_are_known_before_anything_is_installed(
    tmp_path: Path, project: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    plugin = tmp_path / "plugin"
    plugin.mkdir()
    dependencies = [f"lib @ {project.as_uri()}", "far @ https://x.invalid/y.whl", "frames"]
    (plugin / "pyproject.toml").write_text(
        f"[project]\ndependencies = {json.dumps(dependencies)}\n"
        '[tool.uv.sources]\none = {path = "../one", editable = true}\ntwo = [{path = "../two"}]\nx = {git = "https://x"}\n'
    )
    assert set(declared_folders(plugin)) == {tmp_path / "one", tmp_path / "two", project}
    assert declared_folders(tmp_path) == ()


def test_a_saved_file_of_a_folder_makes_another_version(tmp_path: Path, project: Path) -> None:
    before = newest_change(project)
    os.utime(project / "src" / "lib.py", ns=(before + 1, before + 1))
    assert newest_change(project) == before + 1
    (project / "build").mkdir()
    (project / "build" / "x.py").touch()
    assert newest_change(project) == before + 1


def test_a_module_without_a_distribution_is_taken_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.syspath_prepend(str(tmp_path))
    folder = tmp_path / "elsewhere" / "linked"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("x = 1\n")
    from plugin_cli.venv import local_packages as module

    monkeypatch.setattr(module, "_origin", lambda name, _: folder if name == "linked" else None)
    found = loose_packages(["linked", "nowhere"], Path(sys.executable), tmp_path / "work")
    assert list(found) == ["linked"]
    assert found["linked"].modules(facts_of(tmp_path).extensions) == ("linked",)
    assert SITE
