"""Calls that go to the backend of a running development session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from plugin_cli import console
from plugin_cli.__main__ import run
from plugin_cli.calls import connect as connection
from plugin_cli.calls.launch import BackendKind, running_backend
from plugin_cli.console import TerminalConsole
from plugin_cli.project import find_project
from plugin_cli.session.backend_record import BackendStatus, write_status
from plugin_cli.session.record import Session, SessionFolder, session_folder
from plugin_sdk.testing import PluginProcess, settings
from tests.source_plugin import PLUGIN_ID, use_this_python, write_source_plugin

URL = "http://127.0.0.1:1/"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_source_plugin(tmp_path_factory.mktemp("plugin") / "weather").root


@pytest.fixture(scope="module")
def backend(root: Path) -> Iterator[PluginProcess]:
    with pytest.MonkeyPatch.context() as patch:
        use_this_python(patch)
        with running_backend(find_project(root), BackendKind.SOURCE, TerminalConsole()) as (_, process):
            yield process


@pytest.fixture(autouse=True)
def _shell(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_this_python(monkeypatch)
    monkeypatch.setattr(console, "_PATIENCE_SECONDS", 3600)
    monkeypatch.setenv("WEATHER_HOST", "api.example")
    monkeypatch.setenv("WEATHER_API_KEY", "0123456789")
    monkeypatch.chdir(root)


@contextmanager
def session(
    root: Path, record: BackendStatus | None, settings_file: str | None = None
) -> Iterator[SessionFolder]:
    folder = session_folder(root)
    with folder.claim():
        folder.write(
            Session(
                PLUGIN_ID, str(root), "preview", "source", URL, os.getpid(), 0.0, settings_file=settings_file
            )
        )
        if record is not None:
            write_status(folder, record)
        yield folder


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run([*arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_running_session_answers_unless_another_backend_is_asked_for(
    root: Path, backend: PluginProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    told = f"backend: the running session's (source), {URL}\n"
    with session(root, BackendStatus(backend.address, True)):
        assert call(capsys, "health") == (0, "OK: http://api.example/ with 10 characters\n", told)
        assert call(capsys, "stream", "two", "--backend", "dev") == (0, "1\n2\n", "")
        # The exit of the session's backend would end this module's tests with it.
        assert call(capsys, "resource", "exit", "--backend", "source")[0] == 1
        assert backend.running()


def test_the_session_keeps_its_own_instance(
    root: Path, backend: PluginProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    page = settings({"url": "http://page/"}, uid="weather", updated_ms=10**13)
    assert backend.client.check_health(page).message.startswith("http://page/")
    with session(root, BackendStatus(backend.address, True)):
        assert call(capsys, "health", "--backend", "dev")[1].startswith("OK: http://api.example/")

    assert backend.client.check_health(page).message.startswith("http://page/")


def test_the_settings_of_the_session_are_those_of_the_call(
    root: Path, backend: PluginProcess, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "mine.json"
    file.write_text('{"jsonData": {"url": "http://mine/"}}')
    with session(root, BackendStatus(backend.address, True), str(file)):
        assert call(capsys, "health", "--backend", "dev")[1] == "OK: http://mine/ with 0 characters\n"


def test_verbose_says_where_the_sessions_log_is(
    root: Path, backend: PluginProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    with session(root, BackendStatus(backend.address, True)):
        assert "plugin-cli dev logs" in call(capsys, "health", "--backend", "dev", "--verbose")[2]


def test_without_a_session_there_is_none_to_be_called(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "health", "--backend", "dev") == (
        1,
        "",
        "error: --backend dev: no session runs for this plugin\n  try: plugin-cli dev up --detach\n",
    )


def test_a_session_that_runs_the_backend_elsewhere_is_not_called(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with session(root, None):
        assert call(capsys, "health", "--backend", "dev") == (
            1,
            "",
            "error: the running session's backend cannot be called from here\n"
            "  Grafana started it\n"
            "  try: --backend dist, which starts the same one for the call\n",
        )
        assert call(capsys, "health")[2] == "backend: the source\n"


def test_a_session_whose_backend_does_not_start_says_why(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with session(root, BackendStatus(None, False, "no licence")):
        assert call(capsys, "health") == (
            1,
            "",
            "error: the running session's backend does not run\n  no licence\n"
            "  try: fix the code and save it   (its output: plugin-cli dev logs)\n",
        )


def test_a_call_that_an_exchange_cuts_off_goes_to_the_new_backend(
    root: Path,
    backend: PluginProcess,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone = f"unix:{tmp_path}/gone"
    with session(root, BackendStatus(gone, True)):
        code, _, err = call(capsys, "metrics", "--backend", "dev")
        assert (code, err.splitlines()[0]) == (1, "error: the backend ended during the call")
        assert err.endswith("try: plugin-cli dev logs --tail 30\n")
        # Asked whether there is one, and where it is.
        addresses = iter([gone, gone])
        monkeypatch.setattr(
            connection, "read_status", lambda _: BackendStatus(next(addresses, backend.address), True)
        )

        assert call(capsys, "health", "--backend", "dev")[0] == 0
