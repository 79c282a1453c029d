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
    """The answer to a subscription or a publication."""

    OK = 0
    NOT_FOUND = 1
    PERMISSION_DENIED = 2


@dataclass(slots=True)
class _ChannelRequest(Request):
    """What is asked of one channel; `path` names it."""

    context: PluginContext
    path: str
    data: bytes = b""
    headers: Headers = field(default_factory=Headers, repr=False)
    is_cancelled: Callable[[], bool] = field(default=never, repr=False)


@dataclass(slots=True)
class SubscribeStreamRequest(_ChannelRequest):
    """Somebody opens a channel (Go SDK: `backend.SubscribeStreamRequest`); `path` names it."""


@dataclass(slots=True)
class SubscribeStreamResponse:
    """Whether the channel may be opened, and what to show first (a Frame, or anything JSON)."""

    status: StreamStatus = StreamStatus.OK
    initial_data: Frame | Any = None


@dataclass(slots=True)
class RunStreamRequest(_ChannelRequest):
    """Asks for the packets of a channel while somebody is subscribed (Go SDK: `backend.RunStreamRequest`)."""


@dataclass(slots=True)
class PublishStreamRequest(_ChannelRequest):
    """Somebody sends data into a channel (Go SDK: `backend.PublishStreamRequest`)."""


@dataclass(slots=True)
class PublishStreamResponse:
    """Whether the data is accepted; `data` is what Grafana sends to the subscribers, empty for nothing."""

    status: StreamStatus = StreamStatus.OK
    data: bytes = b""
