"""Arrow tables of any library, through the C interface by which they share their memory.

Nothing is copied: the producer's memory is in use until the objects here are released.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from ctypes import POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from typing import Any

from plugin_sdk.data.errors import FrameError


class CSchema(Structure):
    """Arrow's C struct of a type."""


class CArray(Structure):
    """Arrow's C struct of a column's memory."""


class CStream(Structure):
    """Arrow's C struct of a series of batches."""


_Release = ctypes.CFUNCTYPE(None, c_void_p)
CSchema._fields_ = [
    ("format", c_char_p),
    ("name", c_char_p),
    ("metadata", c_void_p),
    ("flags", c_int64),
    ("n_children", c_int64),
    ("children", POINTER(POINTER(CSchema))),
    ("dictionary", POINTER(CSchema)),
    ("release", _Release),
    ("private_data", c_void_p),
]
CArray._fields_ = [
    ("length", c_int64),
    ("null_count", c_int64),
    ("offset", c_int64),
    ("n_buffers", c_int64),
    ("n_children", c_int64),
    ("buffers", POINTER(c_void_p)),
    ("children", POINTER(POINTER(CArray))),
    ("dictionary", POINTER(CArray)),
    ("release", _Release),
    ("private_data", c_void_p),
]
CStream._fields_ = [
    ("get_schema", ctypes.CFUNCTYPE(c_int, POINTER(CStream), POINTER(CSchema))),
    ("get_next", ctypes.CFUNCTYPE(c_int, POINTER(CStream), POINTER(CArray))),
    ("get_last_error", ctypes.CFUNCTYPE(c_char_p, POINTER(CStream))),
    ("release", _Release),
    ("private_data", c_void_p),
]

_pointer_of = ctypes.PYFUNCTYPE(c_void_p, ctypes.py_object, c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)


class Held:
    """A struct that the producer filled in, released when it is not used any more."""

    def __init__(self, struct: Any) -> None:
        self.struct = struct

    def __del__(self) -> None:
        if self.struct.release:
            self.struct.release(ctypes.addressof(self.struct))


def chunks_of(table: Any) -> tuple[CSchema, list[CArray], Any]:
    """Return the schema, the batches, and the owner that keeps their memory alive."""
    if hasattr(table, "__arrow_c_stream__"):
        capsule = table.__arrow_c_stream__()
        stream = CStream.from_address(_pointer_of(capsule, b"arrow_array_stream"))
        schema = Held(CSchema())
        _call(stream, stream.get_schema, schema.struct)
        batches = list(_batches(stream))
        return schema.struct, [batch.struct for batch in batches], (capsule, schema, batches)
    capsules = table.__arrow_c_array__()
    schema_at, array_at = map(_pointer_of, capsules, (b"arrow_schema", b"arrow_array"))
    return CSchema.from_address(schema_at), [CArray.from_address(array_at)], capsules


def _batches(stream: CStream) -> Iterator[Held]:
    while True:
        batch = Held(CArray())
        _call(stream, stream.get_next, batch.struct)
        if not batch.struct.release:  # the end of the stream
            return
        yield batch


def _call(stream: CStream, function: Any, out: Structure) -> None:
    if function(ctypes.byref(stream), ctypes.byref(out)):
        reason = stream.get_last_error(ctypes.byref(stream))
        raise FrameError(
            f"the table could not be read: {(reason or b'no reason given').decode(errors='replace')}"
        )


def memory(array: CArray, index: int, start: int, size: int) -> memoryview:
    """Return a part of one of the array's buffers, which is empty if the producer omitted the buffer."""
    address = array.buffers[index] if size > 0 else None
    if not address:
        return memoryview(b"")
    return memoryview((ctypes.c_char * size).from_address(address + start)).cast("B")


def metadata(schema: CSchema) -> dict[bytes, bytes]:
    """Return the schema's metadata, such as the name of an extension type."""
    if not schema.metadata:
        return {}
    at = schema.metadata
    found = {}

    def number() -> int:
        nonlocal at
        at += 4
        return c_int.from_address(at - 4).value

    def text() -> bytes:
        nonlocal at
        size = number()
        at += size
        return ctypes.string_at(at - size, size)

    for _ in range(number()):
        key = text()
        found[key] = text()
    return found
