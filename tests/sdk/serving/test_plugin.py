from __future__ import annotations

from typing import Any

import pytest

from plugin_sdk import CheckHealthResult, DataSource, DataSourceInstanceSettings, resource, stream
from plugin_sdk._serving.async_bridge import Uncancelled
from plugin_sdk._serving.plugin import Plugin, abilities_of
from plugin_sdk.context import AppInstanceSettings, PluginContext
from plugin_sdk.datasource import App
from plugin_sdk.errors import PluginError
from plugin_sdk.testing import settings
from tests.sdk.conftest import Lines


class Able(DataSource[Any, Any]):
    asgi_app = object()

    def query(self, query: Any) -> None: ...

    @resource("GET", "/a")
    def a(self) -> None: ...

    @stream("b")
    def b(self) -> Any: ...

    @classmethod
    def collect_metrics(cls, request: Any) -> str:
        return "m"


class Bare(App[Any]):
    pass


def context(of: DataSourceInstanceSettings[Any] | None = None) -> PluginContext:
    return PluginContext(data_source_instance_settings=of or settings())


def test_a_class_supports_what_it_defines() -> None:
    able, bare = abilities_of(Able), abilities_of(Bare)

    assert able.methods == {"query", "collect_metrics"}
    assert able.has("query")
    assert not able.has("run_stream")
    assert ([route.name for route in able.resources], [route.name for route in able.channels]) == (
        ["a"],
        ["b"],
    )
    assert (able.asgi, bare.asgi, bare.methods) == (True, False, frozenset())


@pytest.mark.parametrize(("value", "name"), [(int, "'int'"), ("text", "'text'"), (settings(), "name='test'")])
def test_a_class_that_is_not_a_plugin_is_refused(value: Any, name: str) -> None:
    with pytest.raises(TypeError) as failed:
        abilities_of(value)

    assert str(failed.value).endswith(" is not a subclass of plugin_sdk.DataSource or plugin_sdk.App")
    assert name in str(failed.value)


def test_handlers_are_bound_once_and_called_alike() -> None:
    class Both(DataSource[Any, Any]):
        async def check_health(self) -> CheckHealthResult:
            return CheckHealthResult.ok("async")

        def query(self, query: Any) -> Any:
            return query

    instance = Plugin(Both).instances.get(context())

    assert instance.handler("query")(Uncancelled(), 3) == 3
    assert instance.handler("check_health")(Uncancelled()).message == "async"
    assert instance.handler("query") is instance.handler("query")
    assert Plugin(Able).class_handler("collect_metrics")(Uncancelled(), None) == "m"


def test_an_app_is_created_with_its_settings() -> None:
    app: AppInstanceSettings[Any] = AppInstanceSettings(json_data_raw=b'{"a": 1}')
    instance = Plugin(Bare).instances.get(PluginContext(app_instance_settings=app))

    assert instance.target.instance.settings == {"a": 1}


def test_instance_is_set_without_the_init_of_the_base_class() -> None:
    class Own(DataSource[Any, Any]):
        def __init__(self, instance: DataSourceInstanceSettings[Any]) -> None:
            self.began_with = instance

    made = Plugin(Own).instances.get(context()).target

    assert made.instance is made.began_with


def test_invalid_settings_are_a_bad_request() -> None:
    with pytest.raises(PluginError, match="the settings are not JSON") as failed:
        Plugin(Able).instances.get(context(DataSourceInstanceSettings(json_data_raw=b"{")))

    assert failed.value.status == 400


def test_dispose_is_called_if_defined_sync_or_async(logged: Lines) -> None:
    disposed: list[str] = []

    class Sync(DataSource[Any, Any]):
        def dispose(self) -> None:
            disposed.append("sync")

    class Async(DataSource[Any, Any]):
        async def dispose(self) -> None:
            disposed.append("async")

    class Failing(DataSource[Any, Any]):
        def dispose(self) -> None:
            raise SystemExit("no")

    for cls in (Sync, Async, Failing, Able):
        plugin = Plugin(cls)
        plugin.instances.get(context())
        plugin.instances.close()

    assert disposed == ["sync", "async"]
    (line,) = logged()
    assert (line["@message"], line["plugin_class"], line["error"]) == ("dispose failed", "Failing", "no")


def test_the_number_of_instances_is_reported() -> None:
    counts: list[int] = []
    Plugin(Able, on_instances=counts.append).instances.get(context())

    assert counts == [1]
