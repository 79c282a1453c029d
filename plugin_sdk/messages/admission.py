"""Validation and conversion of stored objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from plugin_sdk.context import PluginContext


class Operation(IntEnum):
    """What is about to happen to a stored object."""

    CREATE = 0
    UPDATE = 1
    DELETE = 2


@dataclass(slots=True)
class AdmissionRequest:
    """A request to validate settings that are about to be stored (Go SDK: `backend.AdmissionRequest`)."""

    context: PluginContext
    operation: Operation
    group: str = ""
    version: str = ""
    kind: str = ""
    object_bytes: bytes = b""
    old_object_bytes: bytes = b""


@dataclass(slots=True)
class StatusResult:
    """The reason of a refusal, in the form of Kubernetes' API."""

    status: str = ""
    message: str = ""
    reason: str = ""
    code: int = 0


@dataclass(slots=True)
class ValidationResponse:
    """Whether the object may be stored."""

    allowed: bool
    result: StatusResult | None = None
    warnings: Sequence[str] = ()


@dataclass(slots=True)
class MutationResponse:
    """The object to be stored."""

    allowed: bool
    object_bytes: bytes = b""
    result: StatusResult | None = None
    warnings: Sequence[str] = ()


@dataclass(slots=True)
class RawObject:
    """A stored object, undecoded."""

    raw: bytes
    content_type: str = "application/json"


@dataclass(slots=True)
class ConversionRequest:
    """A request to convert stored objects to another API version (Go SDK: `backend.ConversionRequest`)."""

    context: PluginContext
    uid: str
    objects: Sequence[RawObject]
    target_group: str = ""
    target_version: str = ""


@dataclass(slots=True)
class ConversionResponse:
    """The converted objects; the runtime copies the request's uid."""

    objects: Sequence[RawObject] = ()
    result: StatusResult | None = None
