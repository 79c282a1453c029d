"""Which distributions a bundle holds: all that the plugin declares, and what its code imports anyway."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from plugin_cli.build.author_code import author_code
from plugin_cli.build.bundle.declared import Declared, check_names, declared
from plugin_cli.build.settings import BuildSettings
from plugin_cli.errors import ProjectError
from tests.build.bundle.environment import facts_of, install, installed, make_plugin


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    folder = tmp_path / "venv"
    install(
        folder,
        "grafana-plugin-cli",
        {"plugin_cli/__init__.py": "", "plugin_sdk/__init__.py": ""},
        requires=["grpcio", "typer", "PyYAML"],
    )
    install(folder, "grpcio", {"grpc/__init__.py": ""}, requires=["typing-extensions"])
    install(folder, "typing-extensions", {"typing_extensions.py": ""})
    install(folder, "typer", {"typer/__init__.py": ""})
    install(folder, "PyYAML", {"yaml/__init__.py": ""})
    install(
        folder,
        "Frames",
        {"frames/__init__.py": ""},
        requires=["core>=1", "fast; extra == 'fast'", "old; python_version < '3'", "absent"],
    )
    install(folder, "core", {"core/__init__.py": ""})
    install(folder, "fast", {"fast.py": ""})
    install(folder, "old", {"old.py": ""})
    install(folder, "cloud-one", {"cloud/one/__init__.py": ""})
    install(folder, "cloud-two", {"cloud/two/__init__.py": ""})
    return folder


def names(prefix: Path, dependencies: Sequence[str], code: str = "", **settings: Any) -> Declared:
    project = make_plugin(prefix.parent / "plugin", code=code, dependencies=dependencies)
    return declared(
        project,
        author_code(project),
        dataclasses.replace(BuildSettings(), **settings),
        installed(prefix),
        facts_of(prefix),
    )


RUNTIME = ["grafana-plugin-cli", "grpcio", "typing-extensions"]


@pytest.mark.parametrize(
    ("dependencies", "expected"),
    [
        ([], []),
        (["frames"], ["core", "frames"]),
        (["FRAMES[fast]>=0.1"], ["core", "fast", "frames"]),
        (["frames; sys_platform == 'none'"], []),
        (["typer"], ["typer"]),
    ],
)
def test_what_is_declared_goes_in_with_all_it_needs_and_the_tool_without(
    prefix: Path, dependencies: list[str], expected: list[str]
) -> None:
    assert list(names(prefix, dependencies).items) == sorted([*RUNTIME, *expected])


def test_what_only_the_code_imports_goes_in_and_is_reported(prefix: Path) -> None:
    found = names(
        prefix, [], "import yaml, json, core.x\ntry:\n    import old\nexcept ImportError:\n    pass"
    )
    assert list(found.items) == sorted([*RUNTIME, "core", "pyyaml"])
    assert found.undeclared == {"core": "core.x", "pyyaml": "yaml"}


def test_of_a_namespace_only_the_part_that_is_imported_goes_in(prefix: Path) -> None:
    assert "cloud-two" not in names(prefix, [], "from cloud.one import x").items
    assert "cloud-one" in names(prefix, [], "from cloud.one import x").items


def test_settings_bring_what_no_import_names(prefix: Path) -> None:
    found = names(prefix, [], hidden_imports=("fast",), collect=("frames",))
    assert {"fast", "frames", "core"} <= set(found.items)


def test_a_module_that_belongs_to_no_distribution_is_named(prefix: Path) -> None:
    assert names(prefix, [], "import linked.part").unowned == ("linked",)


@pytest.mark.parametrize(
    ("key", "value", "near"),
    [
        ("hidden_imports", "framse", "frames"),
        ("collect", "nopackage", ""),
        ("include", "tkintre", "tkinter"),
        ("exclude", "yamll", "yaml"),
    ],
)
def test_a_name_that_is_nothing_is_refused(prefix: Path, key: str, value: str, near: str) -> None:
    project = make_plugin(prefix.parent / "plugin")
    settings = dataclasses.replace(BuildSettings(), **cast(Any, {key: (value,)}))
    with pytest.raises(ProjectError) as refused:
        check_names(settings, installed(prefix), author_code(project), facts_of(prefix))
    assert f"{key.replace('_', '-')} names what is not in the plugin's environment: {value}" in str(
        refused.value
    )
    assert near in str(refused.value)


@pytest.mark.parametrize(
    "settings",
    [
        BuildSettings(hidden_imports=("frames.io", "cloud.one", "weather.late", "json.tool")),
        BuildSettings(collect=("Frames".lower(), "pyyaml", "yaml")),
        BuildSettings(include=("scipy tests", "tkinter", "frames.tests")),
        BuildSettings(exclude=("pyyaml", "frames.io", "frames/*.csv", "*.md", "weather.late")),
    ],
)
def test_names_of_modules_packages_lines_and_patterns_are_known(
    prefix: Path, settings: BuildSettings
) -> None:
    project = make_plugin(prefix.parent / "plugin")
    check_names(settings, installed(prefix), author_code(project), facts_of(prefix))
