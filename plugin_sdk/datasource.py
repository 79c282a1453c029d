"""The classes that authors write: a data source, or the backend of an app."""

from __future__ import annotations

import typing
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Iterable, Iterator
from typing import Any, Generic, TypeAlias, TypeVar

from plugin_sdk.context import AppInstanceSettings, DataSourceInstanceSettings
from plugin_sdk.messages import (
    AdmissionRequest,
    CallResourceRequest,
    CallResourceResponse,
    CheckHealthResult,
    CollectMetricsRequest,
    ConversionRequest,
    ConversionResponse,
    DataQuery,
    MutationResponse,
    PublishStreamRequest,
    PublishStreamResponse,
    QueryDataRequest,
    QueryDataResponse,
    RunStreamRequest,
    SubscribeStreamRequest,
    SubscribeStreamResponse,
    ValidationResponse,
)

S = TypeVar("S")
Q = TypeVar("Q")
T = TypeVar("T")

Answer: TypeAlias = T | Awaitable[T]
"""What a handler returns, which may be `def` or `async def`."""


class _Plugin:
    """The handlers that data sources and apps share. A subclass defines those it supports.

    Every method may be `def` or `async def`.
    """

    concurrency_limit: int = 10
    """How many queries of one request run concurrently, 1 to 10."""

    asgi_app: Any = None
    """An ASGI application (FastAPI, Starlette) for the resources that no `@resource` method serves."""

    if typing.TYPE_CHECKING:

        def check_health(self, *request: Any, **_: Any) -> Answer[CheckHealthResult]:
            """Return the result of "Save & test". May take the `CheckHealthRequest` as an argument."""
            raise NotImplementedError

        def call_resource(
            self, request: CallResourceRequest
        ) -> (
            Answer[CallResourceResponse]
            | Iterator[CallResourceResponse]
            | AsyncIterator[CallResourceResponse]
        ):
            """Serve every resource request, instead of `@resource` methods."""
            raise NotImplementedError

        def subscribe_stream(self, request: SubscribeStreamRequest) -> Answer[SubscribeStreamResponse]:
            """Decide whether a channel may be subscribed to; without it, every channel of `@stream` may."""
            raise NotImplementedError

        def run_stream(self, request: RunStreamRequest) -> Iterable[Any] | AsyncIterable[Any]:
            """Yield the packets of a channel, instead of `@stream` methods."""
            raise NotImplementedError

        def publish_stream(self, request: PublishStreamRequest) -> Answer[PublishStreamResponse]:
            """Accept or refuse data that a user publishes into a channel."""
            raise NotImplementedError

        def dispose(self) -> Answer[None]:
            """Release what the instance holds. Called once, when its settings change or the plugin stops."""

        @classmethod
        def collect_metrics(cls, request: CollectMetricsRequest) -> Answer[bytes | str]:
            """Return metrics in Prometheus' text format, which are added to those of the runtime."""
            raise NotImplementedError

        @classmethod
        def validate_admission(cls, request: AdmissionRequest) -> Answer[ValidationResponse]:
            """Decide whether settings may be stored."""
            raise NotImplementedError

        @classmethod
        def mutate_admission(cls, request: AdmissionRequest) -> Answer[MutationResponse]:
            """Return the settings to be stored."""
            raise NotImplementedError

        @classmethod
        def convert_objects(cls, request: ConversionRequest) -> Answer[ConversionResponse]:
            """Return stored objects in another version of their API."""
            raise NotImplementedError


class DataSource(_Plugin, Generic[S, Q]):
    """A data source; the two type arguments are pydantic models of its settings and of one query.

    Each configured data source has one instance, which is created with the first request and replaced when
    its settings change. Define `query` (one query, queries of a request run concurrently) or `query_data`
    (the whole request, as in the Go SDK), and any of the other methods.

    Examples:
        >>> from pydantic import BaseModel
        >>> class Settings(BaseModel):
        ...     url: str = ""
        >>> class Query(BaseModel):
        ...     station: str = "berlin"
        >>> class Weather(DataSource[Settings, Query]):
        ...     def query(self, query):
        ...         return {"time": [query.time_range.to], "value": [12.5]}
    """

    def __init__(self, instance: DataSourceInstanceSettings[S]) -> None:
        self.instance = instance

    if typing.TYPE_CHECKING:

        def query(self, query: DataQuery[Q]) -> Any:
            """Return the result of one query: a Frame, a list of them, or anything tabular.

            An exception becomes the error of this query and does not affect the others.
            """
            raise NotImplementedError

        def query_data(self, request: QueryDataRequest[Q]) -> Answer[QueryDataResponse]:
            """Return the responses of all queries of a request, by ref_id."""
            raise NotImplementedError

        def query_chunked_data(self, query: DataQuery[Q]) -> Iterable[Any] | AsyncIterable[Any]:
            """Yield the frames of one query as they are ready; without it, `query` returns them at once."""
            raise NotImplementedError


class App(_Plugin, Generic[S]):
    """The backend of an app plugin; the type argument is a pydantic model of its settings."""

    def __init__(self, instance: AppInstanceSettings[S]) -> None:
        self.instance = instance


def model_types(cls: type) -> tuple[Any, Any]:
    """Return the settings and query models that a class names in `DataSource[Settings, Query]`.

    A model that is not specified (a TypeVar, or no arguments) is `dict`, for the JSON object itself.
    """
    named = [
        dict if isinstance(model, TypeVar) or model is Any else model for model in _generic_arguments(cls)
    ]
    settings, query, *_ = [*named, dict, dict]
    return settings, query


def _generic_arguments(cls: Any, given: tuple[Any, ...] = ()) -> tuple[Any, ...]:
    """Go up to DataSource or App and replace type variables by what the subclasses name."""
    if cls in (DataSource, App):
        return given
    bound = dict(zip(getattr(cls, "__parameters__", ()), given, strict=False))
    for base in cls.__dict__.get("__orig_bases__", cls.__bases__):
        origin = typing.get_origin(base) or base
        if isinstance(origin, type) and issubclass(origin, _Plugin):
            return _generic_arguments(origin, tuple(bound.get(name, name) for name in typing.get_args(base)))
    return ()
