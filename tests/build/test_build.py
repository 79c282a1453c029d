"""The build's conductor: what is done in which case and what is left behind, with parts that collect nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from plugin_cli.build import build as module
from plugin_cli.build.build import BuildResult, build
from plugin_cli.build.swap import only_build, work_dir
from plugin_cli.build.writers import Staged
from plugin_cli.console import TerminalConsole
from plugin_cli.errors import PluginCliError, ProjectError
from plugin_cli.project import find_project
from plugin_cli.target import Target, host_target
from plugin_sdk import DataSource
from plugin_sdk.schema import schema_of_class
from tests.source_plugin import SourcePlugin, write_source_plugin

TARGET = host_target()


class Settings(BaseModel):
    """What the editors are made from."""

    url: str = ""


class Query(BaseModel):
    """What the editors are made from."""

    station: str = ""


class Weather(DataSource[Settings, Query]):
    """A backend that no test runs."""


class Inputs:
    """What a bundle is made of."""

    def __init__(self, root: Path, packages: str) -> None:
        self.project = find_project(root)
        self.target = TARGET
        self.python = Path("python")
        self.code = None
        self._packages = packages

    @property
    def key(self) -> str:
        return self._packages


@dataclass
class Bed:
    """A plugin whose backend is one file, and what was done to build it."""

    plugin: SourcePlugin
    done: list[str] = field(default_factory=list)
    packages: str = "one"
    failure: Exception | None = None
    failing: str = ""
    schema: dict[str, Any] = field(default_factory=lambda: schema_of_class(Weather))

    @property
    def dist(self) -> Path:
        return self.plugin.root / "dist"

    @property
    def executable(self) -> Path:
        return find_project(self.plugin.root).built_executable(TARGET)

    def step(self, name: str) -> None:
        self.done.append(name)
        if self.failing == name and self.failure is not None:
            raise self.failure

    def build(self, *, clean: bool = False) -> BuildResult:
        self.done.clear()
        return build(self.plugin.root, (TARGET,), TerminalConsole(quiet=True), clean=clean)


@pytest.fixture
def bed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bed:
    made = Bed(write_source_plugin(tmp_path / "weather"))

    def bundle_inputs(*_: object, locked: bool) -> Inputs:
        made.step("inputs")
        return Inputs(made.plugin.root, made.packages)

    def ensure_bundle(inputs: Inputs, work: Path, _: object) -> SimpleNamespace:
        made.step("bundle")
        work.mkdir(parents=True, exist_ok=True)
        (work / "kept").touch()
        return SimpleNamespace(text=inputs.key, owners={}, origins={})

    def write_backend(inputs: Inputs, bundle: SimpleNamespace, staged: Staged) -> None:
        made.step("backend")
        path = staged.path / inputs.target.executable(inputs.project.executable)
        path.write_text(bundle.text)

    def check_built(executable: Path, *_: object) -> None:
        assert executable.read_text() == made.packages
        assert (executable.parent / "plugin.json").is_file()
        made.step("verify")

    monkeypatch.setattr(module, "check_buildable", lambda _: made.step("preflight"))
    monkeypatch.setattr(module, "bundle_inputs", bundle_inputs)
    monkeypatch.setattr(module, "plugin_schema", lambda *_: made.schema)
    monkeypatch.setattr(module, "ensure_bundle", ensure_bundle)
    monkeypatch.setattr(module, "bundle_warnings", lambda *_: [])
    monkeypatch.setattr(module, "write_backend", write_backend)
    monkeypatch.setattr(module, "check_built", check_built)
    monkeypatch.setattr(module, "package_sizes", lambda *_: ())
    monkeypatch.setattr(module, "unreached", lambda _: frozenset())
    monkeypatch.setattr(module, "discard_environment", lambda _: made.step("discard"))
    return made


EVERYTHING = ["preflight", "inputs", "bundle", "backend", "verify"]


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_a_build_is_preflight_inputs_bundle_stage_verify_and_swap(bed: Bed) -> None:
    result = bed.build()

    assert bed.done == EVERYTHING
    assert bed.executable.read_text() == "one"
    assert {"plugin.json", "module.js", "module.js.map"} <= set(snapshot(bed.dist))
    assert (result.executables, result.unchanged, result.version) == ((bed.executable,), False, "1.0.0")
    assert result.total_bytes == sum(map(len, snapshot(bed.dist).values()))
    assert not (work_dir(find_project(bed.plugin.root)) / "stage").exists()


def edit_source(bed: Bed) -> None:
    path = bed.plugin.root / "backend" / "weather" / "datasource.py"
    path.write_text(f"{path.read_text()}\n# another\n")


def edit_metadata(bed: Bed) -> None:
    path = bed.plugin.root / "src" / "plugin.json"
    path.write_text(path.read_text().replace('"name"', '"name" '))


def add_document(bed: Bed) -> None:
    (bed.plugin.root / "CHANGELOG.md").write_text("# Changes\n")


def edit_project(bed: Bed) -> None:
    path = bed.plugin.root / "pyproject.toml"
    path.write_text(f"{path.read_text()}\n# another\n")


def other_packages(bed: Bed) -> None:
    bed.packages = "two"


def touch_dist(bed: Bed) -> None:
    (bed.dist / "module.js").write_text("edited")


def nothing(_: Bed) -> None:
    """Leave it as it is."""


def unread_file(bed: Bed) -> None:
    (bed.plugin.root / "notes.txt").write_text("not built")


@pytest.mark.parametrize(
    ("change", "is_built"),
    [
        (nothing, False),
        (unread_file, False),
        (edit_source, True),
        (edit_metadata, True),
        (add_document, True),
        (edit_project, True),
        (other_packages, True),
        (touch_dist, True),
    ],
)
def test_what_is_up_to_date_is_not_built_again(bed: Bed, change: Any, is_built: bool) -> None:
    bed.build()
    change(bed)

    result = bed.build()

    assert result.unchanged is not is_built
    assert bed.done == (EVERYTHING if is_built else ["preflight", "inputs"])
    assert bed.executable.read_text() == bed.packages


@pytest.mark.parametrize(
    ("failing", "failure"),
    [
        *((step, ProjectError("it is wrong")) for step in EVERYTHING),
        *((step, OSError("the disk is full")) for step in EVERYTHING[1:]),  # preflight reads no file
    ],
)
def test_a_failure_at_any_step_leaves_dist_as_it_was(bed: Bed, failing: str, failure: Exception) -> None:
    bed.build()
    before = snapshot(bed.dist)
    other_packages(bed)
    bed.failing, bed.failure = failing, failure

    with pytest.raises(PluginCliError) as raised:
        bed.build()

    assert bed.done == EVERYTHING[: EVERYTHING.index(failing) + 1]
    expected = failure if isinstance(failure, ProjectError) else None
    assert expected in (None, raised.value)
    assert ("cannot write its files; dist/ is as it was" in str(raised.value)) is isinstance(failure, OSError)
    assert snapshot(bed.dist) == before
    assert not (work_dir(find_project(bed.plugin.root)) / "stage").exists()
    bed.failing = ""
    assert bed.build().unchanged is False


def test_models_that_cannot_be_shown_are_refused_before_the_bundle(bed: Bed) -> None:
    bed.schema["query"]["properties"]["hide"] = {"type": "integer"}

    with pytest.raises(ProjectError, match="hide"):
        bed.build()

    assert bed.done == ["preflight", "inputs"]


def test_a_plugin_json_that_grafana_refuses_is_refused_before_anything_is_made(bed: Bed) -> None:
    path = bed.plugin.root / "src" / "plugin.json"
    metadata = json.loads(path.read_text())
    path.write_text(json.dumps({**metadata, "backend": "yes"}))

    with pytest.raises(
        ProjectError, match=r"src/plugin\.json is not what Grafana takes\n  \"backend\" is 'yes'"
    ):
        bed.build()

    assert bed.done == ["preflight"]


def test_clean_discards_what_was_kept_and_the_environment(bed: Bed) -> None:
    bed.build()
    kept = work_dir(find_project(bed.plugin.root)) / TARGET.folder / "kept"
    other = kept.with_name("from-before")
    other.touch()

    assert bed.build(clean=True).unchanged is False

    assert bed.done == ["preflight", "discard", "inputs", "bundle", "backend", "verify"]
    assert kept.exists()
    assert not other.exists()


def test_two_builds_of_a_plugin_do_not_run_at_once(bed: Bed) -> None:
    with (
        only_build(find_project(bed.plugin.root)),
        pytest.raises(PluginCliError, match="another build of acme-weather-datasource is running"),
    ):
        bed.build()

    assert bed.build().unchanged is False


@pytest.fixture
def panel(bed: Bed) -> Bed:
    """A plugin without a backend whose frontend is written by hand."""
    path = bed.plugin.root / "src" / "plugin.json"
    metadata = json.loads(path.read_text())
    del metadata["executable"]
    path.write_text(json.dumps({**metadata, "type": "panel", "id": "acme-weather-panel", "backend": False}))
    (bed.plugin.root / "src" / "module.js").write_text("define([])")
    assert not find_project(bed.plugin.root).metadata["backend"]
    return bed


def test_a_plugin_without_a_backend_is_its_files_and_its_frontend(panel: Bed) -> None:
    result = panel.build()

    assert panel.done == []
    assert (result.executables, result.unchanged) == ((), False)
    assert {"plugin.json", "module.js"} <= set(snapshot(panel.dist))
    assert result.total_bytes == sum(map(len, snapshot(panel.dist).values()))
    assert panel.build().unchanged is True
    (panel.plugin.root / "src" / "module.js").write_text("define([1])")
    assert panel.build().unchanged is False
    assert (panel.dist / "module.js").read_text() == "define([1])"


def test_docker_builds_each_target_with_the_frontend_made_outside(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bed.plugin.root / "src" / "module.js").write_text("define([])")
    targets = (Target("linux", "amd64"), Target("linux", "arm64"))

    def build_in_docker(project: Any, target: Target, image: str | None, *_: object, locked: bool) -> Path:
        assert (image, locked) == ("debian", True)
        assert (work_dir(project) / "frontend" / "out" / "module.js").is_file()
        bed.step(str(target))
        project.dist.mkdir(exist_ok=True)
        path = Path(project.built_executable(target))
        path.write_text("12345")
        return path

    monkeypatch.setattr("plugin_cli.build.docker.build_in_docker", build_in_docker)
    monkeypatch.setattr(module, "ensure_environment", lambda *_, locked: Path("python"))

    result = build(
        bed.plugin.root, targets, TerminalConsole(quiet=True), docker=True, image="debian", locked=True
    )

    assert bed.done == ["linux/amd64", "linux/arm64"]
    assert [path.name for path in result.executables] == [
        "gpx_weather_linux_amd64",
        "gpx_weather_linux_arm64",
    ]
    assert result.total_bytes == 10
