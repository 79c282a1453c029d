"""Items 58 to 64: plugin context, instances, Grafana's configuration, headers."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.conformance.host import Answer, Plugin
from tests.conformance.messages import (
    Message,
    ask,
    b64,
    channel,
    context,
    echoed,
    health,
    one_query,
    query_data,
    resource,
    source,
)

USERS = [
    {"login": "admin", "name": "Admin", "email": "a@b", "role": "Admin"},
    {"login": "grafana_scheduler", "role": "None"},
    {"login": "x", "role": ""},
    {"login": "x", "role": "Some future role"},
]


def echo(plugin: Plugin, **plugin_context: Any) -> Message:
    request = query_data(one_query({"do": "echo"}))
    request["pluginContext"] = context(**plugin_context)
    seen: Message = echoed(plugin.call("QueryData", request))
    return seen


def without_numbers(seen: Message) -> Message:
    return {key: value for key, value in seen.items() if key != "instance"}


def test_058_the_context_is_the_one_that_go_sees(full: Plugin, go_plugin: Plugin) -> None:
    assert without_numbers(echo(full)) == without_numbers(echo(go_plugin))


@pytest.mark.parametrize("user", USERS, ids=str)
def test_058_a_role_is_any_text(full: Plugin, go_plugin: Plugin, user: Message) -> None:
    assert echo(full, user=user)["user"] == echo(go_plugin, user=user)["user"]


@pytest.mark.parametrize(
    "agent", ["", "Grafana/12.4.3 (linux; amd64)", "curl/8", "Grafana/", "Grafana/13.0.0-pre (x)"]
)
def test_058_user_agents_are_parsed_as_in_go(full: Plugin, go_plugin: Plugin, agent: str) -> None:
    assert echo(full, userAgent=agent).get("grafana") == echo(go_plugin, userAgent=agent).get("grafana")


@pytest.mark.parametrize("part", ["user", "grafanaConfig", "userAgent", "pluginVersion", "orgId"])
def test_058_any_part_may_be_missing(full: Plugin, part: str) -> None:
    request = query_data(one_query({"do": "echo"}))
    del request["pluginContext"][part]

    answer = full.call("QueryData", request)

    assert answer["responses"]["A"]["status"] == 200


def test_058_namespace_and_api_version_arrive(full: Plugin, versions: str) -> None:
    request = query_data(one_query({"do": "rich-context"}))
    # The SDK of Grafana 12.4 does not have the field that later ones send.
    namespace = {"namespace": "org-1"} if versions == "newest" else {}
    request["pluginContext"] |= {"apiVersion": "v0alpha1", **namespace}

    seen = echoed(full.call("QueryData", request))

    assert (seen["namespace"], seen["api_version"]) == (namespace.get("namespace", ""), "v0alpha1")


def test_058_an_app_gets_its_own_settings(app: Plugin) -> None:
    request = resource("any/path")
    del request["pluginContext"]["dataSourceInstanceSettings"]
    request["pluginContext"]["appInstanceSettings"] = {
        "jsonData": b64('{"a": 1}'),
        "decryptedSecureJsonData": {"token": "t"},
        "lastUpdatedMS": 5,
    }

    answer = app.call("CallResource", request)

    assert answer["events"][0]["reply"]["code"] == 200
    request.pop("path"), request.pop("url"), request.pop("method")
    assert (
        app.call("CheckHealth", {"pluginContext": request["pluginContext"]})["reply"]["message"] == "app well"
    )


SETTINGS = {
    "user": "u",
    "database": "d",
    "basicAuthEnabled": True,
    "basicAuthUser": "bu",
    "url": "https://x:1/y?z",
    "name": "Ünïcode ❤️",
}


def test_059_settings_are_those_that_go_sees(full: Plugin, go_plugin: Plugin) -> None:
    ds = source(
        json_data={"deep": {"list": [1, None, "x"]}}, number=59, updated=1_700_000_000_123, **SETTINGS
    )

    ours, theirs = (echo(plugin, ds=ds)["ds"] for plugin in (full, go_plugin))

    assert ours == theirs
    assert (ours["secret"], ours["updated"]) == ("s3cret-token", 1_700_000_000_123)


def test_059_empty_json_data_is_an_empty_object(full: Plugin, go_plugin: Plugin) -> None:
    for plugin in (full, go_plugin):
        assert echo(plugin, ds=source(json_data=b"", number=60))["ds"]["json"] == ""


def instance(plugin: Plugin, ds: Message, **options: Any) -> int:
    request = query_data(one_query({"do": "echo"}), ds=ds)
    number: int = echoed(plugin.call("QueryData", request, **options))["instance"]
    return number


def test_060_one_instance_for_each_data_source_and_state(full: Plugin, go_plugin: Plugin) -> None:
    for plugin in (full, go_plugin):
        first = instance(plugin, source(number=600))
        assert instance(plugin, source(number=600)) == first
        assert instance(plugin, source(number=601)) != first
        assert instance(plugin, source(number=600, updated=2_000)) not in (
            first,
            instance(plugin, source(number=601)),
        )


def test_060_a_changed_configuration_of_grafana_makes_a_new_instance(full: Plugin, go_plugin: Plugin) -> None:
    for plugin in (full, go_plugin):
        request = query_data(one_query({"do": "echo"}), ds=source(number=602))
        first = echoed(plugin.call("QueryData", request))["instance"]
        request["pluginContext"]["grafanaConfig"]["GF_APP_URL"] = "http://elsewhere/"
        assert echoed(plugin.call("QueryData", request))["instance"] != first


def test_060_tenants_have_instances_of_their_own(full: Plugin, go_plugin: Plugin) -> None:
    for plugin in (full, go_plugin):
        one = instance(plugin, source(number=603), metadata={"tenantid": "one"})
        assert instance(plugin, source(number=603), metadata={"tenantid": "two"}) != one
        assert instance(plugin, source(number=603), metadata={"tenantid": "one"}) == one


def test_060_concurrent_first_calls_share_one_instance(full: Plugin) -> None:
    ds = source(json_data={"slow_ms": 300}, number=604)
    calls = [full.send("QueryData", query_data(one_query({"do": "echo"}), ds=ds)) for _ in range(30)]

    assert len({echoed(call.result())["instance"] for call in calls}) == 1


def test_060_a_slow_creation_holds_up_no_other_data_source(full: Plugin) -> None:
    slow = full.send("QueryData", ask("echo", ds=source(json_data={"slow_ms": 4000}, number=605)))
    time.sleep(0.2)

    instance(full, source(number=606))

    assert not slow.done
    assert slow.result()["responses"]["A"]["status"] == 200


def disposals(plugin: Plugin, number: int) -> list[Answer]:
    return [
        entry
        for entry in plugin.logs()
        if entry["message"] == "instance disposed" and int(entry["fields"]["number"]) == number
    ]


def test_060_the_old_instance_is_disposed_after_five_seconds(full: Plugin) -> None:
    old = instance(full, source(number=607))
    instance(full, source(number=607, updated=2_000))
    changed = time.monotonic()
    assert disposals(full, old) == []

    full.wait_log(lambda entry: bool(disposals(full, old)), 30)

    assert time.monotonic() - changed > 4.5


def test_061_a_failing_re_creation_disposes_the_old_instance_once(full: Plugin) -> None:
    old = instance(full, source(number=610))
    broken = source(json_data={"fail": "other"}, number=610, updated=2_000)
    for _ in range(4):
        assert full.call("QueryData", query_data(ds=broken))["code"] == "Unknown"
    healed = instance(full, source(number=610, updated=3_000))

    full.wait_log(lambda entry: bool(disposals(full, old)), 8)
    time.sleep(1.5)  # four failures would have scheduled four disposals

    assert healed != old
    assert len(disposals(full, old)) == 1
    assert disposals(full, healed) == []


def test_062_grafanas_configuration_is_typed_and_whole(full: Plugin) -> None:
    request = query_data(one_query({"do": "rich-context"}))
    request["pluginContext"]["grafanaConfig"] = {
        "GF_APP_URL": "http://g:3000/",
        "GF_INSTANCE_FEATURE_TOGGLES_ENABLE": "aToggle,someToggle",
        "GF_CONCURRENT_QUERY_COUNT": "7",
        "GF_SQL_ROW_LIMIT": "123",
        "GF_PLUGIN_APP_CLIENT_SECRET": "hidden",
        "SOMETHING_NEW": "kept",
    }

    seen = echoed(full.call("QueryData", request))

    assert (seen["app_url"], seen["toggle"], seen["concurrent"], seen["row_limit"]) == (
        "http://g:3000/",
        True,
        7,
        123,
    )
    assert seen["raw"]["SOMETHING_NEW"] == "kept"
    assert "hidden" not in seen["repr"]


def headers(plugin: Plugin, sent: dict[str, str], *names: str) -> Message:
    request = query_data(one_query({"do": "headers", "names": list(names)}), headers=sent)
    seen: Message = echoed(plugin.call("QueryData", request))
    return seen


def test_063_headers_are_found_whatever_their_case_and_prefix(full: Plugin) -> None:
    sent = {
        "http_X-Grafana-User": "admin",
        "Authorization": "Bearer t",
        "FromAlert": "true",
        "X-Id-Token": "id",
        "Cookie": "c=1",
    }

    found = headers(
        full, sent, "x-grafana-user", "AUTHORIZATION", "fromalert", "x-ID-token", "Cookie", "missing"
    )["found"]

    assert found == {
        "x-grafana-user": "admin",
        "AUTHORIZATION": "Bearer t",
        "fromalert": "true",
        "x-ID-token": "id",
        "Cookie": "c=1",
        "missing": None,
    }


def test_064_only_forwardable_headers_are_offered(full: Plugin) -> None:
    sent = {
        "http_X-Panel-Id": "2",
        "Authorization": "Bearer t",
        "Cookie": "c=1",
        "X-Internal": "no",
        "http_x-query-group-id": "g",
    }

    assert headers(full, sent)["forwarded"] == {
        "X-Panel-Id": "2",
        "Authorization": "Bearer t",
        "Cookie": "c=1",
        "X-Query-Group-Id": "g",
    }


def test_064_the_mark_of_an_alert_is_always_forwarded(full: Plugin) -> None:
    assert headers(full, {"FromAlert": "true"})["forwarded"] == {"Fromalert": "true"}


def test_063_streams_and_health_take_headers_too(full: Plugin) -> None:
    assert full.call("CheckHealth", health(headers={"http_X": "y"}))["reply"]["status"] == "OK"
    assert full.call("SubscribeStream", channel("x", headers={"http_X": "y"}))["code"] == "OK"
