"""Settings that were stored earlier than the last ones serve all the same, but no overtaken request brings them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from plugin_sdk.instances import OVERTAKEN_SECONDS
from tests.conformance.conftest import Launch
from tests.conformance.host import Plugin
from tests.conformance.messages import ask, context, echoed, query_data, source

LATER = OVERTAKEN_SECONDS + 0.3


@pytest.fixture(scope="module")
def plugin(launch_shared: Launch) -> Plugin:
    return launch_shared("hostile:Sync")


def serving(plugin: Plugin, number: int, updated: int, value: Any, **fields: Any) -> Any:
    """Return the value of the settings that serve a request which carries these."""
    ds = source(number=number, updated=updated, json_data={"value": value}, **fields)
    return echoed(plugin.call("QueryData", ask("settings", ds=ds)))["json"]["value"]


def test_older_settings_of_a_request_that_was_overtaken_do_not_come_back(plugin: Plugin) -> None:
    assert serving(plugin, 1, 1_000, "old") == "old"
    assert serving(plugin, 1, 2_000, "new") == "new"

    assert serving(plugin, 1, 1_000, "old") == "new"
    assert serving(plugin, 1, 2_000, "new") == "new"


@pytest.mark.parametrize("updated", [1_999, 1_000, 0, -1, 2_000], ids=str)
def test_other_settings_win_some_seconds_later_whenever_they_were_stored(
    plugin: Plugin, updated: int
) -> None:
    number = 10 + updated
    serving(plugin, number, 2_000, "before")
    time.sleep(LATER)

    assert serving(plugin, number, updated, "restored") == "restored"
    assert serving(plugin, number, updated, "restored") == "restored"


def test_the_settings_that_were_replaced_by_older_ones_do_not_come_back_at_once(plugin: Plugin) -> None:
    serving(plugin, 3, 2_000, "before")
    time.sleep(LATER)
    serving(plugin, 3, 1_000, "restored")

    assert serving(plugin, 3, 2_000, "before") == "restored"
    assert serving(plugin, 3, 3_000, "saved since") == "saved since"


def test_a_backup_is_restored_twice(plugin: Plugin) -> None:
    for value, updated in (("a", 3_000), ("b", 2_000), ("a", 3_000), ("b", 2_000)):
        assert serving(plugin, 4, updated, value) == value
        time.sleep(LATER)


@pytest.mark.parametrize("field", ["url", "user", "database", "name", "basicAuthUser"])
def test_each_setting_that_differs_counts(plugin: Plugin, field: str) -> None:
    def instance(**fields: Any) -> int:
        ds = source(number=500, updated=2_000, **fields)
        return int(echoed(plugin.call("QueryData", ask("settings", ds=ds)))["instance"])

    first = instance()
    time.sleep(LATER)

    assert instance(**{field: "another"}) != first
    time.sleep(LATER)


def test_a_secret_that_differs_counts(plugin: Plugin) -> None:
    def instance(secret: str) -> int:
        ds = source(number=501, decryptedSecureJsonData={"token": secret})
        return int(echoed(plugin.call("QueryData", ask("settings", ds=ds)))["instance"])

    first = instance("one")
    time.sleep(LATER)

    assert instance("two") != first


def test_newer_settings_and_another_configuration_serve_at_once(plugin: Plugin) -> None:
    assert serving(plugin, 6, 1_000, 1) == 1
    assert serving(plugin, 6, 1_001, 2) == 2
    ds = source(number=6, updated=1_001, json_data={"value": 3})
    request = query_data(*ask("settings")["queries"], ds=ds)
    request["pluginContext"] = context(ds, grafanaConfig={"GF_APP_URL": "http://elsewhere/"})
    assert echoed(plugin.call("QueryData", request))["json"]["value"] == 3


def test_requests_of_two_versions_at_once_make_few_instances(launch: Launch) -> None:
    plugin = launch("hostile:Sync")
    old, new = (source(updated=at, json_data={"value": at}) for at in (1_000, 2_000))
    calls = [plugin.send("QueryData", ask("settings", ds=ds)) for ds in [old, new] * 100]

    seen = {echoed(call.result())["instance"] for call in calls}

    assert len(seen) <= 2
