"""The supervisor with the preview's bridge before it, on processes that are none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from plugin_cli.calls.launch import LaunchSpec
from plugin_cli.dev.preview.bridge import BackendUnavailableError
from plugin_cli.dev.preview.bridge.supervised import SupervisedBridge
from plugin_cli.dev.supervisor import supervisor as module
from plugin_cli.dev.supervisor.supervisor import Supervisor
from plugin_cli.errors import PluginCliError, ToolMissingError
from plugin_cli.project import Project
from plugin_cli.session.backend_record import BackendStatus
from plugin_cli.session.log import LogWriter, read_log
from plugin_sdk.context import DataSourceInstanceSettings
from plugin_sdk.testing import PluginStartError
from tests.dev.supervisor.fakes import SPEC, FakeChannel, FakeProcess

SETTINGS: DataSourceInstanceSettings[Any] = DataSourceInstanceSettings(uid="x")
BROKEN = PluginStartError("the process ended with exit code 1 before its handshake", "SyntaxError: line 3")


@dataclass
class Bed:
    """A supervisor of the processes in `coming`, which a test appends to."""

    supervisor: Supervisor
    bridge: SupervisedBridge
    coming: list[FakeProcess | Exception]
    statuses: list[BackendStatus] = field(default_factory=list)

    def health(self) -> str:
        return self.bridge.check_health(SETTINGS, {}).message

    def health_later(self) -> tuple[threading.Thread, list[str]]:
        got: list[str] = []
        caller = threading.Thread(target=lambda: got.append(self.health()))
        caller.start()
        return caller, got


@pytest.fixture
def bed_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return what supervises the given processes, one after the other."""

    @contextmanager
    def bed(*coming: FakeProcess | Exception, **options: Any) -> Iterator[Bed]:
        left, made = list(coming), list[FakeProcess]()

        def next_spec() -> LaunchSpec:
            error = left[0]
            if not isinstance(error, Exception):
                return SPEC
            del left[0]
            raise error

        def process(*_: object, **__: object) -> FakeProcess:
            item = left.pop(0)
            assert isinstance(item, FakeProcess)
            made.append(item)
            return item

        def connect(address: str, options: object) -> FakeChannel:
            return FakeChannel(next(process for process in made if process.address == address))

        monkeypatch.setattr(module, "BackendProcess", process)
        monkeypatch.setattr(module, "_WATCH_SECONDS", 0.01)
        monkeypatch.setattr("grpc.insecure_channel", connect)
        bridge = SupervisedBridge("acme-weather-datasource")
        project = Project(tmp_path, {"id": "acme-weather-datasource"}, {})
        log = LogWriter(tmp_path / "log.jsonl")
        supervisor = Supervisor(project, next_spec, bridge, log, schemas=tmp_path / "schemas", **options)
        found = Bed(supervisor, bridge, left)
        supervisor.subscribe(found.statuses.append)
        try:
            yield found
        finally:
            supervisor.close()

    return bed


def wait_until(reached: Callable[[], bool]) -> None:
    for _ in range(2000):
        if reached():
            return
        threading.Event().wait(0.01)
    raise AssertionError("not reached")


def test_a_new_process_takes_over_and_the_old_one_stops(bed_of: Callable[..., Any]) -> None:
    old, new = FakeProcess("old"), FakeProcess("new")
    with bed_of(old, new) as bed:
        bed.supervisor.start()
        assert bed.health() == "old"

        assert bed.supervisor.replace() == BackendStatus("unix:/new", True)

        assert bed.health() == "new"
        assert old.stopped.wait(10)
        assert not new.stopped.is_set()
    assert new.stopped.is_set()


def test_a_call_under_way_is_answered_by_the_process_it_began_on(bed_of: Callable[..., Any]) -> None:
    old = FakeProcess("old")
    old.answer.clear()
    with bed_of(old, FakeProcess("new")) as bed:
        bed.supervisor.start()
        caller, got = bed.health_later()
        assert old.called.wait(10)

        bed.supervisor.replace()

        assert not old.stopped.is_set()
        old.answer.set()
        caller.join(10)
        assert got == ["old"]
        assert old.stopped.wait(10)


def test_a_process_that_does_not_start_is_every_calls_answer_until_one_does(
    bed_of: Callable[..., Any],
) -> None:
    with bed_of(FakeProcess("broken", start_error=BROKEN), FakeProcess("healed")) as bed:
        bed.supervisor.replace()
        with pytest.raises(BackendUnavailableError) as refused:
            bed.health()
        assert str(refused.value) == str(BROKEN)
        assert bed.statuses == [BackendStatus(None, False, str(BROKEN))] == [bed.supervisor.status]
        assert bed.supervisor.schema(0) is None

        bed.supervisor.replace()

        assert bed.health() == "healed"
        assert bed.supervisor.schema(0) == {"schema": {"name": "healed"}}
    assert [status.running for status in bed.statuses] == [False, True]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ToolMissingError("uv is missing", remedy="install it"), "uv is missing\n  try: install it"),
        (OSError(28, "No space left on device"), "[Errno 28] No space left on device"),
    ],
)
def test_what_cannot_be_launched_stops_the_process_of_before(
    bed_of: Callable[..., Any], error: Exception, reason: str
) -> None:
    old = FakeProcess("old")
    with bed_of(old, error) as bed:
        bed.supervisor.start()

        bed.supervisor.replace()

        with pytest.raises(BackendUnavailableError) as refused:
            bed.health()
        assert str(refused.value) == reason
        assert bed.statuses[-1] == BackendStatus(None, False, reason)
        assert old.stopped.wait(10)


def test_a_first_process_that_has_to_start_and_does_not_is_an_error(bed_of: Callable[..., Any]) -> None:
    with bed_of(FakeProcess("broken", start_error=BROKEN), ToolMissingError("uv is missing")) as bed:
        with pytest.raises(PluginCliError) as refused:
            bed.supervisor.start()
        with pytest.raises(ToolMissingError):
            bed.supervisor.start()

        assert str(refused.value) == (
            "the backend of acme-weather-datasource did not start\n"
            "  the process ended with exit code 1 before its handshake\n"
            "  SyntaxError: line 3\n"
            "  try: fix the code, then: plugin-cli dev up"
        )
        assert bed.statuses == []


def test_where_only_one_may_run_calls_wait_until_the_next_one_does(bed_of: Callable[..., Any]) -> None:
    old, new, begun, go = FakeProcess("old"), FakeProcess("new"), threading.Event(), threading.Event()
    old.answer.clear()

    def start() -> None:
        assert old.stopped.is_set()
        begun.set()
        assert go.wait(20)

    new.start = start  # type: ignore[method-assign]
    with bed_of(old, new, exclusive=True) as bed:
        bed.supervisor.start()
        first, first_got = bed.health_later()
        assert old.called.wait(10)
        replacing = threading.Thread(target=bed.supervisor.replace)
        replacing.start()
        assert not begun.wait(0.3)
        old.answer.set()
        assert begun.wait(10)
        second, second_got = bed.health_later()
        go.set()
        for thread in (replacing, first, second):
            thread.join(10)

        assert (first_got, second_got) == (["old"], ["new"])


def test_calls_wait_for_the_first_process(bed_of: Callable[..., Any]) -> None:
    first, begun, go = FakeProcess("first"), threading.Event(), threading.Event()

    def start() -> None:
        begun.set()
        assert go.wait(20)

    first.start = start  # type: ignore[method-assign]
    with bed_of(first) as bed:
        opening = threading.Thread(target=bed.supervisor.replace)
        opening.start()
        assert begun.wait(10)
        caller, got = bed.health_later()
        go.set()
        caller.join(10)
        opening.join(10)

        assert got == ["first"]


def test_calls_wait_for_the_process_after_one_that_did_not_start(bed_of: Callable[..., Any]) -> None:
    healed, begun, go = FakeProcess("healed"), threading.Event(), threading.Event()

    def start() -> None:
        begun.set()
        assert go.wait(20)

    healed.start = start  # type: ignore[method-assign]
    with bed_of(FakeProcess("broken", start_error=BROKEN), healed) as bed:
        bed.supervisor.replace()
        replacing = threading.Thread(target=bed.supervisor.replace)
        replacing.start()
        assert begun.wait(10)
        caller, got = bed.health_later()
        caller.join(0.2)
        go.set()
        caller.join(10)
        replacing.join(10)

        assert got == ["healed"]


def test_a_process_that_ends_by_itself_is_restarted(bed_of: Callable[..., Any]) -> None:
    crashed = FakeProcess("crashed")
    with bed_of(crashed, FakeProcess("next")) as bed:
        bed.supervisor.start()
        crashed.alive = False
        wait_until(lambda: len(bed.statuses) == 3)

        assert bed.health() == "next"
        assert bed.statuses[1] == BackendStatus(
            None, False, "the backend's process ended by itself (exit code 7)"
        )
        assert crashed.stopped.wait(10)
    assert [status.running for status in bed.statuses] == [True, False, True]


def test_it_runs_only_when_the_authors_code_is_loaded(bed_of: Callable[..., Any]) -> None:
    loading = FakeProcess("loading", loaded=None)
    with bed_of(loading) as bed:
        bed.supervisor.start()
        assert bed.statuses == [BackendStatus("unix:/loading")]

        loading.report(loaded=False, reason="SyntaxError: line 3")

        assert bed.statuses[1:] == [BackendStatus("unix:/loading", False, "SyntaxError: line 3")]
        assert bed.supervisor.wait_until_loaded(60) == bed.statuses[-1]
        assert bed.health() == "loading"


def test_what_becomes_of_an_old_process_is_no_news(bed_of: Callable[..., Any]) -> None:
    old = FakeProcess("old", loaded=None)
    with bed_of(old, FakeProcess("new")) as bed:
        bed.supervisor.start()
        bed.supervisor.replace()
        old.report(loaded=False, reason="too late")

        assert bed.statuses == [BackendStatus("unix:/old"), BackendStatus("unix:/new", True)]
        assert bed.supervisor.status == bed.statuses[-1]


def test_a_process_that_ends_while_it_loads_waits_for_the_next_save(bed_of: Callable[..., Any]) -> None:
    crashing = FakeProcess("crashing", loaded=None)
    with bed_of(crashing, FakeProcess("healed")) as bed:
        bed.supervisor.start()
        crashing.alive = False
        wait_until(lambda: len(bed.statuses) == 2)
        with pytest.raises(BackendUnavailableError) as refused:
            bed.health()
        assert str(refused.value) == (
            "the backend's process ended while it loaded the plugin's code (exit code 7); "
            "fix the code and save to restart it; its output: plugin-cli dev logs"
        )
        assert crashing.stopped.wait(10)
        assert len(bed.coming) == 1

        bed.supervisor.replace()

        assert bed.health() == "healed"


def test_a_stand_in_answers_for_a_process_that_does_not_start(bed_of: Callable[..., Any]) -> None:
    reasons: list[str] = []

    def stand_in(reason: str) -> LaunchSpec:
        reasons.append(reason)
        return SPEC

    stand, healed = FakeProcess("stand-in"), FakeProcess("healed")
    coming = (FakeProcess("old"), FakeProcess("broken", start_error=BROKEN), stand, healed)
    with bed_of(*coming, stand_in=stand_in) as bed:
        bed.supervisor.start()

        bed.supervisor.replace()

        assert bed.health() == "stand-in"
        assert reasons == [f"the backend did not start: {BROKEN.reason}"]
        assert bed.supervisor.status == BackendStatus(None, False, str(BROKEN))

        bed.supervisor.replace()

        assert bed.health() == "healed"
        assert stand.stopped.wait(10)


def test_a_stand_in_that_does_not_start_leaves_the_answer_to_the_front(
    bed_of: Callable[..., Any], tmp_path: Path
) -> None:
    coming = [FakeProcess(name, start_error=BROKEN) for name in ("broken", "stand-in")]
    with bed_of(*coming, stand_in=lambda _: SPEC) as bed:
        bed.supervisor.replace()

        with pytest.raises(BackendUnavailableError, match="SyntaxError: line 3"):
            bed.health()
        (entry,) = read_log(tmp_path / "log.jsonl")
        assert entry.message == "what answers in its place did not start"


def test_nothing_is_started_once_it_is_closed(bed_of: Callable[..., Any]) -> None:
    with bed_of(FakeProcess("first"), FakeProcess("second")) as bed:
        bed.supervisor.start()
        bed.supervisor.close()

        bed.supervisor.replace()

        assert len(bed.coming) == 1
        with pytest.raises(BackendUnavailableError, match="the preview is ending"):
            bed.health()
