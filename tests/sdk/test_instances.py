from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from plugin_sdk.context import AppInstanceSettings, DataSourceInstanceSettings, GrafanaConfig, PluginContext
from plugin_sdk.errors import PluginError
from plugin_sdk.instances import DISPOSE_AFTER_SECONDS, InstanceManager
from tests.sdk.in_process_server import SECONDS
from tests.waiting import eventually


def context(
    number: int = 1, updated: int = 1, *, uid: str = "", app: bool = False, org: int = 1, **config: str
) -> PluginContext:
    at = datetime.fromtimestamp(updated, tz=UTC)
    return PluginContext(
        org_id=org,
        data_source_instance_settings=None
        if app
        else DataSourceInstanceSettings(id=number, uid=uid or f"u{number}", updated=at),
        app_instance_settings=AppInstanceSettings(updated=at) if app else None,
        grafana_config=GrafanaConfig(config),
    )


class Recorder:
    """Creates numbered instances, and records what is disposed and counted."""

    def __init__(self, dispose_after: float = 3600) -> None:
        self.made = 0
        self.disposed: list[str] = []
        self.counts: list[int] = []
        self.fail: Exception | None = None
        self.manager: InstanceManager[str] = InstanceManager(
            self.create, self.disposed.append, self.counts.append, dispose_after
        )

    def create(self, context: PluginContext) -> str:
        self.made += 1
        if self.fail is not None:
            raise self.fail
        return f"instance {self.made}"


def test_an_instance_lives_until_its_settings_change() -> None:
    recorder = Recorder()
    get = recorder.manager.get

    assert get(context()) == get(context()) == "instance 1"
    assert get(context(updated=2)) == "instance 2"
    assert get(context(2)) == "instance 3"
    assert recorder.manager.count() == 2
    assert recorder.counts == [1, 1, 2]


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (context(), context(), True),
        (context(1), context(2), False),
        (context(1, uid="a"), context(1, uid="b"), False),
        (context(app=True, org=1), context(app=True, org=2), False),
        (context(app=True), context(), False),
        (context(GF_SECURE_SOCKS_HOST="a"), context(GF_SECURE_SOCKS_HOST="b"), False),
        (context(GF_APP_URL="a"), context(GF_APP_URL="b"), False),
        (context(GF_APP_URL="a"), context(GF_APP_URL="a"), True),
    ],
)
def test_which_contexts_share_an_instance(first: PluginContext, second: PluginContext, same: bool) -> None:
    recorder = Recorder()

    assert (recorder.manager.get(first) == recorder.manager.get(second)) is same


def test_tenants_share_nothing() -> None:
    recorder = Recorder()

    assert recorder.manager.get(context(), "a") != recorder.manager.get(context(), "b")


def test_a_changed_configuration_replaces_but_another_proxy_is_another_instance() -> None:
    recorder = Recorder()
    for one in (context(GF_APP_URL="a"), context(GF_APP_URL="b"), context(GF_SECURE_SOCKS_HOST="x")):
        recorder.manager.get(one)

    assert recorder.manager.count() == 2


def test_a_context_without_settings_is_refused() -> None:
    with pytest.raises(PluginError, match="names no data source") as failed:
        Recorder().manager.get(PluginContext())

    assert failed.value.status == 400


def test_concurrent_first_requests_create_one_instance() -> None:
    workers = 32
    barrier = threading.Barrier(workers)
    made = threading.Event()

    def create(_context: PluginContext) -> object:
        assert not made.is_set(), "a second one is being made"
        made.set()
        return object()

    manager: InstanceManager[object] = InstanceManager(create, lambda _instance: None)

    def get(_number: int) -> object:
        barrier.wait(SECONDS)
        return manager.get(context())

    with ThreadPoolExecutor(workers) as pool:
        assert len(set(pool.map(get, range(workers)))) == 1


def test_a_slow_creation_delays_only_its_own_data_source() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def create(one: PluginContext) -> int:
        assert one.data_source_instance_settings is not None
        if one.data_source_instance_settings.id == 1:
            begun.set()
            assert go_on.wait(SECONDS)
        return one.data_source_instance_settings.id

    manager = InstanceManager(create, lambda _instance: None)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(manager.get, context(1))
        assert begun.wait(SECONDS)
        assert manager.get(context(2)) == 2
        assert not slow.done()
        go_on.set()
        assert slow.result(SECONDS) == 1


def test_a_late_request_does_not_restore_the_old_settings() -> None:
    recorder = Recorder()
    recorder.manager.get(context(updated=1))
    newer = recorder.manager.get(context(updated=2))

    assert recorder.manager.get(context(updated=1)) == newer
    assert recorder.made == 2


def test_a_replaced_instance_is_disposed_once_and_later() -> None:
    recorder = Recorder(dispose_after=0.01)
    recorder.manager.get(context(updated=1))
    recorder.manager.get(context(updated=2))
    eventually(lambda: recorder.disposed)
    recorder.manager.close()

    assert recorder.disposed == ["instance 1", "instance 2"]


def test_a_replaced_instance_remains_usable_for_a_while() -> None:
    recorder = Recorder()
    recorder.manager.get(context(updated=1))
    recorder.manager.get(context(updated=2))

    assert DISPOSE_AFTER_SECONDS == 5
    assert recorder.disposed == []


def test_closing_disposes_each_instance_once_replaced_ones_included() -> None:
    recorder = Recorder(dispose_after=0.01)
    for one in (context(updated=1), context(updated=2), context(2)):
        recorder.manager.get(one)
    recorder.manager.close()
    recorder.manager.close()

    assert sorted(recorder.disposed) == ["instance 1", "instance 2", "instance 3"]
    assert recorder.manager.count() == 0


def test_a_timer_that_fires_after_the_close_finds_nothing_left() -> None:
    recorder = Recorder()
    old = recorder.manager.get(context(updated=1))
    recorder.manager.get(context(updated=2))
    recorder.manager.close()
    recorder.manager._dispose_retired()

    assert recorder.disposed.count(old) == 1


def test_a_failed_replacement_is_tried_again_by_the_next_request() -> None:
    recorder = Recorder(dispose_after=0.01)
    recorder.manager.get(context(updated=1))
    recorder.fail = ValueError("no")
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            recorder.manager.get(context(updated=2))
    eventually(lambda: recorder.disposed)
    assert recorder.manager.count() == 0

    recorder.fail = None
    assert recorder.manager.get(context(updated=2)) == "instance 4"
    assert recorder.disposed == ["instance 1"]
    assert recorder.counts == [1, 1]


def test_a_first_creation_that_fails_counts_nothing() -> None:
    recorder = Recorder()
    recorder.fail = ValueError("no")
    with pytest.raises(ValueError, match="no"):
        recorder.manager.get(context())

    assert (recorder.manager.count(), recorder.counts) == (0, [])


def test_an_instance_created_by_a_concurrent_request_is_used() -> None:
    begun, go_on = threading.Event(), threading.Event()
    made: list[Any] = []

    def create(_context: PluginContext) -> int:
        begun.set()
        assert go_on.wait(SECONDS)
        made.append(1)
        return len(made)

    manager = InstanceManager(create, lambda _instance: None)
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(manager.get, context()) for _ in range(2)]
        assert begun.wait(SECONDS)
        go_on.set()
        assert [future.result(SECONDS) for future in both] == [1, 1]
