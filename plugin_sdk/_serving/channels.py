"""The running channels and their schemas, so that each subscriber gets the schema of the frames it will see.

Grafana runs a channel once for all its subscribers, but asks for each of them whether it may subscribe: the
answer carries the schema. One that subscribes while the schema is changing, or not known yet, may miss it, so
packets repeat it for a moment.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plugin_sdk.data._checked import CheckedFrame

_JOINING_SECONDS = 3.0
"""How long after its subscription was answered a subscriber may still be on its way to the channel."""

Key = tuple[int, str, str]


def key_of(context: Any, path: str) -> Key:
    """Return what names a channel: the organisation, the data source (or app) and the path."""
    source = context.data_source_instance_settings
    return context.org_id, source.uid if source is not None else context.plugin_id, path.strip("/")


class PacketState:
    """The schema that was last sent in a channel, and what its newest subscriber was given."""

    def __init__(self) -> None:
        self.schema: str | None = None
        self._shape: object = None
        self._schema = ""
        self._given: str | None = None
        self._joined = 0.0

    def schema_of(self, frame: CheckedFrame) -> str:
        """Return the schema of a frame as a packet; encoded only if it differs from the frame's before."""
        shape = frame.shape()
        if shape != self._shape:
            self._shape, self._schema = shape, frame.to_json(include="schema")
        return self._schema

    def join(self) -> str | None:
        """Return the schema for a new subscriber; None where no frame was sent yet."""
        self._given, self._joined = self.schema, monotonic()
        return self.schema

    def needs_schema(self, schema: str) -> bool:
        """Return True if the next packet must carry its schema, and remember it as sent."""
        changed = schema != self.schema
        self.schema = schema
        return changed or (self._given != schema and monotonic() - self._joined < _JOINING_SECONDS)


class RunningChannels:
    """The channels that run in this process."""

    def __init__(self) -> None:
        self._states: dict[Key, PacketState] = {}

    def begin(self, key: Key) -> PacketState:
        """Register a channel that begins to run."""
        state = self._states[key] = PacketState()
        return state

    def end(self, key: Key, state: PacketState) -> None:
        """Forget a channel that ended, unless it was begun again since."""
        if self._states.get(key) is state:
            self._states.pop(key, None)

    def join(self, key: Key) -> str | None:
        """Return the schema that a new subscriber of a channel needs, as a packet."""
        state = self._states.get(key)
        return state.join() if state is not None else None
