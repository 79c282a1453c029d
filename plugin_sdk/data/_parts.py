"""The parts of a decoded frame."""

from __future__ import annotations

from typing import NamedTuple

from plugin_sdk.data.field import Field
from plugin_sdk.data.meta import FrameMeta


class FrameParts(NamedTuple):
    """What a decoder returns; `Frame`, which imports the decoders, puts the parts together."""

    name: str
    ref_id: str
    meta: FrameMeta | None
    fields: list[Field]
