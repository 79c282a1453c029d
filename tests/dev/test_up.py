"""`dev up` with runtimes that run nothing: which one starts, with which options, and how it is recorded."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from plugin_cli.cli.registry import app
from plugin_cli.console import TerminalConsole
from plugin_cli.dev import up
from plugin_cli.dev.grafana import runtime as docker_runtime
from plugin_cli.dev.grafana.installed import runtime as local_runtime
from plugin_cli.dev.grafana.installed import usable
from plugin_cli.dev.owner import DevUpResult
from plugin_cli.dev.preview import runtime as preview_runtime
from plugin_cli.errors import ProjectError, ToolMissingError, UsageError
from plugin_cli.session.record import Session, session_folder
from plugin_cli.system import docker_engine
from tests.source_plugin import write_source_plugin

NO_ENGINE = ToolMissingError("Docker's engine does not answer")
NO_GRAFANA = ToolMissingError("no Grafana is installed on this machine")


@dataclass(frozen=True)
class FakeRuntime:
    """Ends as soon as it is asked."""

    name: str
    backend: str
    what: str = "a runtime of the tests"
    url: str = "http://127.0.0.1:1/"
    container: str | None = None
    engine: str | None = None

    def ended(self) -> str | None:
        return None


class FakeEngine:
    """A client of an engine that answers."""

    def close(self) -> None:
        """Do nothing."""


@dataclass
class Bed:
    """A plugin, and what its runtimes were started with."""

    root: Path
    started: list[tuple[str, dict[str, Any]]]
    engine: Exception | None = None
    grafana: Exception | None = None

    def up(self, **options: Any) -> DevUpResult:
        """Start a session and stop it as soon as it is ready."""
        folder = session_folder(self.root)

        def ready(result: DevUpResult) -> None:
            assert folder.recorded() == result.session
            folder.ask_to_stop()

        return up.dev_up(self.root, TerminalConsole(quiet=True), ready, **options)


@pytest.fixture
def bed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bed:
    made = Bed(write_source_plugin(tmp_path / "weather").root, [])

    def connect(_: object) -> FakeEngine:
        if made.engine is not None:
            raise made.engine
        return FakeEngine()

    def usable_grafana(*_: object, **__: object) -> object:
        if made.grafana is not None:
            raise made.grafana
        return object()

    def runtime(name: str) -> Callable[..., Any]:
        @contextmanager
        def start(*_: object, **options: Any) -> Iterator[FakeRuntime]:
            made.started.append((name, options))
            yield FakeRuntime(name, options["backend"])

        return start

    monkeypatch.setattr(docker_engine, "engine_address", lambda: "unix:///docker.sock")
    monkeypatch.setattr(docker_engine, "connect", connect)
    monkeypatch.setattr(docker_runtime, "docker_runtime", runtime("docker"))
    monkeypatch.setattr(preview_runtime, "preview_runtime", runtime("preview"))
    monkeypatch.setattr(usable, "usable_grafana", usable_grafana)
    monkeypatch.setattr(local_runtime, "local_runtime", runtime("local"))
    return made


@pytest.mark.parametrize(
    ("requested", "engine", "grafana", "started", "why"),
    [
        ("auto", None, None, "docker", "a Docker engine answers"),
        ("auto", None, NO_GRAFANA, "docker", "a Docker engine answers"),
        ("auto", NO_ENGINE, None, "local", NO_ENGINE.what),
        ("auto", NO_ENGINE, NO_GRAFANA, "preview", f"{NO_ENGINE.what}; {NO_GRAFANA.what}"),
        ("docker", None, None, "docker", ""),
        ("local", None, None, "local", ""),
        ("local", NO_ENGINE, None, "local", ""),
        ("preview", None, None, "preview", ""),
        ("preview", NO_ENGINE, NO_GRAFANA, "preview", ""),
    ],
)
def test_the_runtime_is_the_requested_one_or_the_first_that_the_machine_has(
    bed: Bed, requested: str, engine: Exception | None, grafana: Exception | None, started: str, why: str
) -> None:
    bed.engine, bed.grafana = engine, grafana

    result = bed.up(runtime=requested)

    assert [name for name, _ in bed.started] == [started]
    assert (result.session.what, result.session.why) == ("a runtime of the tests", why)
    assert (result.session.runtime, result.session.backend, result.found) == (started, "source", False)
    assert session_folder(bed.root).recorded() is None


@pytest.mark.parametrize("requested", ["docker", "local"])
def test_a_requested_runtime_that_is_not_here_starts_nothing(bed: Bed, requested: str) -> None:
    bed.engine, bed.grafana = NO_ENGINE, NO_GRAFANA

    with pytest.raises(ToolMissingError):
        bed.up(runtime=requested)

    assert bed.started == []
    assert session_folder(bed.root).recorded() is None


def test_each_runtime_gets_its_options(bed: Bed, tmp_path: Path) -> None:
    options = {"backend": "dist", "port": 4000}
    settings = tmp_path / "settings.json"

    bed.up(runtime="docker", image="grafana", grafana_version="12", settings_file=settings, **options)
    bed.up(runtime="preview", image="grafana", grafana_version="12", settings_file=settings, **options)
    bed.up(grafana=tmp_path, **options)

    assert bed.started == [
        ("docker", options | {"image": "grafana", "grafana_version": "12", "debug_port": None}),
        ("preview", options | {"settings_file": settings, "debug_port": None}),
        ("local", options | {"debug_port": None}),
    ]


@pytest.mark.parametrize(
    "options",
    [
        {"runtime": "docker", "grafana": Path("/opt/grafana")},
        {"runtime": "preview", "grafana": Path("/opt/grafana")},
        {"runtime": "local", "image": "grafana/grafana"},
        {"runtime": "local", "grafana_version": "12.4.3"},
        {"grafana": Path("/opt/grafana"), "grafana_version": "12.4.3"},
    ],
)
def test_flags_that_do_not_go_together_start_nothing(bed: Bed, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"not go with --runtime (docker|preview|local)"):
        bed.up(**options)

    assert bed.started == []


@pytest.mark.parametrize(("flag", "value"), [("runtime", "dokcer"), ("backend", "go")])
def test_a_value_that_is_not_allowed_starts_nothing(bed: Bed, flag: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"--{flag}"):
        bed.up(**{flag: value})

    assert bed.started == []


@pytest.mark.parametrize("reports", [True, False])
def test_a_failure_is_left_for_the_command_that_detached_this_one(
    bed: Bed, monkeypatch: pytest.MonkeyPatch, reports: bool
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ProjectError("it was not built")

    monkeypatch.setattr(preview_runtime, "preview_runtime", fail)

    with pytest.raises(ProjectError):
        bed.up(runtime="preview", reports=reports)

    assert (session_folder(bed.root).path / "failure.json").exists() is reports


def test_a_detached_session_is_the_same_in_another_process(
    bed: Bed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The command line of the other process asks for what this one was asked for."""
    commands: list[Sequence[str]] = []
    calls: list[dict[str, Any]] = []

    def start_owner(_: object, arguments: Sequence[str], cwd: Path, __: object) -> DevUpResult:
        assert cwd == bed.root
        commands.append(arguments)
        return DevUpResult(Session("p", str(bed.root), "preview", "source", "http://127.0.0.1:1/", 1, 0.0))

    monkeypatch.setattr(up, "start_owner", start_owner)
    options: dict[str, Any] = {
        "runtime": "preview",
        "backend": "dist",
        "port": 4000,
        "settings_file": tmp_path / "settings.json",
        "image": "grafana/grafana",
        "grafana_version": "12.4.3",
        "debug_port": 5679,
    }
    installed = {"runtime": "local", "grafana": tmp_path / "grafana"}
    for chosen in (options, {"runtime": "auto"}, installed):
        up.dev_up(bed.root, TerminalConsole(quiet=True), lambda _: None, detach=True, **chosen)
    monkeypatch.setattr(up, "dev_up", lambda *_, **options: calls.append(options))
    for command in commands:
        done = CliRunner().invoke(app, list(command))
        assert done.exit_code == 0, done.output

    defaults = dict.fromkeys([*options, "grafana"]) | {"backend": "source", "detach": False, "reports": True}
    assert calls == [defaults | options, defaults | {"runtime": "auto"}, defaults | installed]
    assert bed.started == []


def test_a_running_session_is_found(bed: Bed) -> None:
    folder = session_folder(bed.root)
    running = Session("p", str(bed.root), "preview", "source", "http://127.0.0.1:1/", os.getpid(), 0.0)
    found: list[DevUpResult] = []
    with folder.claim():
        folder.write(running)

        up.dev_up(bed.root, TerminalConsole(quiet=True), found.append)

    assert found == [DevUpResult(running, found=True)]
    assert bed.started == []
