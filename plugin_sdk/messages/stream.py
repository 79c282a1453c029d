"""Channels of Grafana Live."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from plugin_sdk.context import PluginContext
from plugin_sdk.messages._request import Request, never
from plugin_sdk.messages.headers import Headers

if TYPE_CHECKING:
    from plugin_sdk.data import Frame


class StreamStatus(IntEnum):
    """The outcome of a subscription or a publication."""

    OK = 0
    NOT_FOUND = 1
    PERMISSION_DENIED = 2


@dataclass(slots=True)
class _ChannelRequest(Request):
    """A request about one channel, which `path` names."""

    context: PluginContext
    path: str
    data: bytes = b""
    headers: Headers = field(default_factory=Headers, repr=False)
    is_cancelled: Callable[[], bool] = field(default=never, repr=False)


@dataclass(slots=True)
class SubscribeStreamRequest(_ChannelRequest):
    """A request to subscribe to a channel (Go SDK: `backend.SubscribeStreamRequest`)."""


@dataclass(slots=True)
class SubscribeStreamResponse:
    """Whether the subscription is allowed, and its initial data: a Frame, or anything for JSON."""

    status: StreamStatus = StreamStatus.OK
    initial_data: Frame | Any = None


@dataclass(slots=True)
class RunStreamRequest(_ChannelRequest):
    """A request for the packets of a channel with subscribers (Go SDK: `backend.RunStreamRequest`)."""


@dataclass(slots=True)
class PublishStreamRequest(_ChannelRequest):
    """A request to publish data into a channel (Go SDK: `backend.PublishStreamRequest`)."""


@dataclass(slots=True)
class PublishStreamResponse:
    """Whether the data is accepted; Grafana sends `data` to the subscribers, unless it is empty."""

    status: StreamStatus = StreamStatus.OK
    data: bytes = b""
