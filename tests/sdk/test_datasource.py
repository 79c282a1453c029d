from __future__ import annotations

from typing import Any, Generic, TypeVar

import pytest
from pydantic import BaseModel

from plugin_sdk.context import AppInstanceSettings, DataSourceInstanceSettings
from plugin_sdk.datasource import App, DataSource, model_types


class Settings(BaseModel):
    pass


class Query(BaseModel):
    pass


S = TypeVar("S")
Q = TypeVar("Q")


class Plain(DataSource[Settings, Query]):
    pass


class Below(Plain):
    pass


class Open(DataSource[S, Q], Generic[S, Q]):
    pass


class HalfOpen(DataSource[Settings, Q], Generic[Q]):
    pass


class Untyped(DataSource):  # type: ignore[type-arg]
    pass


class AnyTyped(DataSource[Any, Any]):
    pass


class Application(App[Settings]):
    pass


class Mixin:
    pass


class Mixed(Mixin, DataSource[Settings, Query]):
    pass


class Filled(HalfOpen[Query]):
    pass


@pytest.mark.parametrize(
    ("cls", "models"),
    [
        (Mixed, (Settings, Query)),
        (Filled, (Settings, Query)),
        (Mixin, (dict, dict)),
        (Plain, (Settings, Query)),
        (Below, (Settings, Query)),
        (Open, (dict, dict)),
        (HalfOpen, (Settings, dict)),
        (Untyped, (dict, dict)),
        (AnyTyped, (dict, dict)),
        (Application, (Settings, dict)),
    ],
)
def test_models_are_those_that_the_class_names(cls: type, models: tuple[type, type]) -> None:
    assert model_types(cls) == models


def test_an_instance_keeps_its_settings() -> None:
    source: DataSourceInstanceSettings[Settings] = DataSourceInstanceSettings()
    app: AppInstanceSettings[Settings] = AppInstanceSettings()

    assert Plain(source).instance is source
    assert Application(app).instance is app
