"""A module of the plugin never takes a library's place."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin_cli.errors import ProjectError
from plugin_cli.project import find_project
from plugin_cli.venv.hidden import check_module_names
from tests.source_plugin import SourcePlugin, write_source_plugin


@pytest.fixture
def plugin(tmp_path: Path) -> SourcePlugin:
    return write_source_plugin(tmp_path / "weather")


@pytest.fixture
def site_packages(tmp_path: Path) -> Path:
    folder = tmp_path / "site-packages"
    for name, files in {
        "redis-7.0.dist-info": ["redis/__init__.py"],
        "PyYAML-6.0.dist-info": ["yaml/__init__.py", "_yaml/__init__.py"],
        "six-1.17.dist-info": ["six.py"],
        "google_cloud_storage-3.0.dist-info": ["google/cloud/storage/__init__.py"],
        "lz4-4.0.dist-info": ["lz4.cpython-311-x86_64-linux-gnu.so"],
        "sloppy-1.0.dist-info": ["tests/__init__.py"],
    }.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "RECORD").write_text("".join(f"{file},sha256=x,1\n" for file in files))
        for file in files:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text("")
    return folder


@pytest.mark.parametrize(
    ("path", "what", "remedy"),
    [
        ("redis/__init__.py", "backend/redis hides the installed package redis", "backend/redis_datasource"),
        ("redis.py", "backend/redis.py hides the installed package redis", "backend/redis_datasource.py"),
        ("yaml/x.py", "backend/yaml hides the installed package PyYAML", "backend/yaml_datasource"),
        ("six/__init__.py", "backend/six hides the installed package six", "backend/six_datasource"),
        ("google/mine.py", "backend/google hides the installed package google_cloud_storage", "_datasource"),
        ("lz4.py", "backend/lz4.py hides the installed package lz4", "backend/lz4_datasource.py"),
        ("json/__init__.py", "backend/json hides Python's own module json", "backend/json_datasource"),
    ],
)
def test_a_module_that_hides_another_is_refused(
    path: str, what: str, remedy: str, plugin: SourcePlugin, site_packages: Path
) -> None:
    plugin.write(f"backend/{path}", "")

    with pytest.raises(ProjectError) as raised:
        check_module_names(find_project(plugin.root), site_packages)

    assert raised.value.what == what
    assert remedy in str(raised.value.remedy)


@pytest.mark.parametrize(
    "path",
    [
        "tests/__init__.py",
        "conftest.py",
        "test/__init__.py",
        "redis_datasource/__init__.py",
        "redis/data.csv",
        "not-a-module/x.py",
    ],
)
def test_a_name_that_hides_nothing_is_taken(path: str, plugin: SourcePlugin, site_packages: Path) -> None:
    plugin.write(f"backend/{path}", "")

    check_module_names(find_project(plugin.root), site_packages)
