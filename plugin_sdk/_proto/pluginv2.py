"""The message classes of package `pluginv2`.

They are built from the serialised descriptor by protobuf's C core (upb) directly, which costs a third of
importing a generated `_pb2` module: its Python layer (text format, JSON, descriptor database) is for uses
that a plugin does not have. That entry into the core is private, so where it is missing or changed the
public message factory builds the same classes. `pluginv2.pyi` describes them.
"""

from __future__ import annotations

from typing import Any

from plugin_sdk._proto.pluginv2_descriptor import SERIALIZED


def _from_core() -> dict[str, Any]:
    from google._upb import _message  # type: ignore[attr-defined]
    from google.protobuf.message import Message

    file = _message.default_pool.AddSerializedFile(SERIALIZED)

    def build(descriptor: Any) -> Any:
        for nested in descriptor.nested_types:
            build(nested)
        try:
            return descriptor._concrete_class
        except SystemError:
            members = {"DESCRIPTOR": descriptor, "__module__": __name__}
            return _message.MessageMeta(descriptor.name, (Message,), members)

    return {name: build(descriptor) for name, descriptor in file.message_types_by_name.items()}


def _from_factory() -> dict[str, Any]:
    from google.protobuf import descriptor_pool, message_factory

    pool = descriptor_pool.DescriptorPool()
    file = pool.AddSerializedFile(SERIALIZED)
    descriptors = pool.FindFileByName(file.name if file is not None else "pluginv2.proto")
    return {
        name: message_factory.GetMessageClass(descriptor)
        for name, descriptor in descriptors.message_types_by_name.items()
    }


def _load() -> dict[str, Any]:
    try:
        return _from_core()
    except (ImportError, AttributeError, TypeError):
        return _from_factory()


_MESSAGES = _load()
globals().update(_MESSAGES)
__all__ = list(_MESSAGES)
