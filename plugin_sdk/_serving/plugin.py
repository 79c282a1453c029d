"""The author's class as the services use it: its handlers, looked up once, and its instances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from plugin_sdk import _log, _secrets
from plugin_sdk._serving import async_bridge
from plugin_sdk._serving.models.parse import ModelError, missing_settings, parse_settings
from plugin_sdk.background_work import background_names
from plugin_sdk.context import PluginContext
from plugin_sdk.datasource import App, DataSource, model_types
from plugin_sdk.errors import PluginError
from plugin_sdk.instances import InstanceManager
from plugin_sdk.routing import Route, resource_routes, stream_routes

Handler = Callable[..., Any]
_CLASS_LEVEL = ("collect_metrics", "validate_admission", "mutate_admission", "convert_objects")


@dataclass(frozen=True)
class Abilities:
    """What a class implements: names of handlers, resource routes and channels."""

    methods: frozenset[str]
    resources: tuple[Route, ...]
    channels: tuple[Route, ...]
    asgi: bool
    background: tuple[str, ...] = ()

    def has(self, name: str) -> bool:
        """Return True if the class defines the handler `name`."""
        return name in self.methods


_METHODS = (
    "query",
    "query_data",
    "query_chunked_data",
    "check_health",
    "call_resource",
    "subscribe_stream",
    "run_stream",
    "publish_stream",
    "dispose",
    *_CLASS_LEVEL,
)


def abilities_of(cls: type) -> Abilities:
    """Return what `cls` implements.

    Raises:
        TypeError: it is neither a DataSource nor an App.
    """
    if not isinstance(cls, type) or not issubclass(cls, (DataSource, App)):
        raise TypeError(
            f"{getattr(cls, '__name__', cls)!r} is not a subclass of plugin_sdk.DataSource or plugin_sdk.App"
        )
    return Abilities(
        methods=frozenset(name for name in _METHODS if callable(getattr(cls, name, None))),
        resources=tuple(resource_routes(cls)),
        channels=tuple(stream_routes(cls)),
        asgi=getattr(cls, "asgi_app", None) is not None,
        background=tuple(background_names(cls)),
    )


class Instance:
    """One instance of the author's class, with its handlers as `call(caller, *args)`."""

    def __init__(self, target: Any) -> None:
        self.target = target
        self.lifespan: Any = None  # of a mounted ASGI application
        self.background: Any = None  # the running methods of @background
        self._handlers: dict[str, Handler] = {}

    def handler(self, name: str) -> Handler:
        """Return the handler `name`, whether it is sync or async."""
        found = self._handlers.get(name)
        if found is None:
            found = self._handlers[name] = async_bridge.bind(getattr(self.target, name))
        return found


class Plugin:
    """A loaded plugin: class, models, instances."""

    def __init__(self, cls: type, *, on_instances: Callable[[int], None] = lambda _count: None) -> None:
        self.cls = cls
        self.abilities = abilities_of(cls)
        self.settings_model, self.query_model = model_types(cls)
        self.instances: InstanceManager[Instance] = InstanceManager(self._create, _dispose, on_instances)

    def class_handler(self, name: str) -> Handler:
        """Return a handler that belongs to the class, not to an instance, such as `collect_metrics`."""
        return async_bridge.bind(getattr(self.cls, name))

    def missing_settings(self, context: PluginContext) -> list[str]:
        """Return a sentence for each setting that "Save & test" requires and that is empty."""
        settings = context.data_source_instance_settings or context.app_instance_settings
        if settings is None:
            return []
        return missing_settings(
            self.settings_model, settings.json_data_raw, settings.decrypted_secure_json_data
        )

    def _create(self, context: PluginContext) -> Instance:
        settings = context.data_source_instance_settings or context.app_instance_settings
        assert settings is not None, "the instance manager refuses contexts without settings"
        user = getattr(settings, "basic_auth_user", "") or getattr(settings, "user", "")
        _secrets.register(settings.decrypted_secure_json_data, user)
        try:
            settings.settings = parse_settings(
                self.settings_model, settings.json_data_raw, settings.decrypted_secure_json_data
            )
        except ModelError as error:
            raise PluginError(str(error), status=400) from error
        made = self.cls(settings)
        if not hasattr(made, "instance"):  # the author's __init__ does not call that of the base class
            made.instance = settings
        instance = Instance(made)
        _start_lifespan(instance)
        _start_background(instance, self.abilities.background)
        return instance


def _start_lifespan(instance: Instance) -> None:
    """Start a mounted application; where that fails, what the author's own `__init__` opened is disposed."""
    application = getattr(instance.target, "asgi_app", None)
    if application is None:
        return
    from plugin_sdk._serving.asgi_lifespan import Lifespan

    lifespan = Lifespan(application)
    try:
        lifespan.start()
    except BaseException:
        _dispose(instance)
        raise
    instance.lifespan = lifespan


def _start_background(instance: Instance, names: tuple[str, ...]) -> None:
    if names:
        from plugin_sdk._serving.background_tasks import BackgroundTasks

        instance.background = BackgroundTasks(instance.target, list(names))


def _dispose(instance: Instance) -> None:
    if instance.background is not None:
        instance.background.stop()
    if instance.lifespan is not None:
        instance.lifespan.close()
    if not callable(getattr(instance.target, "dispose", None)):
        return
    try:
        instance.handler("dispose")(async_bridge.Uncancelled())
    except BaseException as error:
        _log.log_exception("dispose failed", error, plugin_class=type(instance.target).__name__)
