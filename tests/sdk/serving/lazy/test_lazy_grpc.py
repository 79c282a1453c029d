from __future__ import annotations

import asyncio
import subprocess
import sys

import grpc
import pytest

from plugin_sdk._serving.lazy.later import Later
from plugin_sdk._serving.lazy.lazy_grpc import _LaterAsyncio, import_grpc
from tests.sdk.plugins.processes import environment


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_stand_in_for_asyncio_is_the_real_one_once_grpc_is_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stand_in = _LaterAsyncio("asyncio")
    monkeypatch.setattr(_LaterAsyncio, "importing", True)
    assert isinstance(stand_in.AbstractEventLoopPolicy, type)
    assert stand_in.AbstractEventLoopPolicy is not asyncio.AbstractEventLoopPolicy

    monkeypatch.setattr(_LaterAsyncio, "importing", False)
    assert stand_in.sleep is asyncio.sleep
    # Names that Python itself looks up in a module, such as `__path__`, are absent.
    assert not hasattr(stand_in, "__path__")


def test_a_loaded_grpc_is_returned() -> None:
    assert import_grpc() is grpc


@pytest.mark.parametrize(
    "use",
    [
        "grpc.aio.Channel",
        "__import__('grpc').aio.Channel",
        "getattr(grpc, 'aio').insecure_channel",
        "__import__('grpc.aio').aio.Channel",
        "__import__('grpc', fromlist=['aio']).aio.Channel",
        "__import__('typing').get_type_hints(type('C', (), {'__annotations__': {'c': 'grpc.aio.Channel'}}), vars())",
    ],
)
def test_grpc_aio_is_there_however_a_library_reaches_it(use: str) -> None:
    load = "from plugin_sdk._serving.lazy.lazy_grpc import import_grpc; grpc = import_grpc()"

    assert run(f"{load}\nassert {use}\nassert not hasattr(grpc, 'nothing')\nprint('there')") == "there"


def test_grpc_loads_without_asyncio_and_both_can_be_used_afterwards() -> None:
    code = """
import sys
from plugin_sdk._serving.lazy.lazy_grpc import import_grpc
grpc = import_grpc()
assert "asyncio" not in sys.modules, "asyncio was loaded"
assert "grpc.aio" not in sys.modules
assert "aio" not in vars(grpc)
import asyncio
assert asyncio.run(asyncio.sleep(0, "slept")) == "slept"
import grpc.aio

async def main():
    server = grpc.aio.server()
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        try:
            await channel.unary_unary("/a/b")(b"")
        except grpc.aio.AioRpcError as error:
            code = error.code().name
    await server.stop(0)
    return code

print(asyncio.run(main()))
"""
    assert run(code) == "UNIMPLEMENTED"


def test_modules_that_grpc_only_imports_are_loaded_on_use() -> None:
    code = """
import logging, sys
# Since Python 3.14 the standard library's own `logging` loads one of them.
names = {"inspect", "pkgutil", "socket", "typing_extensions"} - set(sys.modules)
from plugin_sdk._serving.lazy.lazy_grpc import import_grpc
grpc = import_grpc()
assert not [name for name in names if name in sys.modules]
import inspect, pkgutil, socket, typing_extensions
assert [type(module).__name__ for module in (inspect, pkgutil, socket, typing_extensions)] == ["module"] * 4
from typing_extensions import TypedDict
assert inspect.iscoroutinefunction(len) is False
print(socket.AF_UNIX.name)
"""
    assert run(code) == "AF_UNIX"


def test_a_stand_in_becomes_the_real_module_on_use(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = Later("colorsys")
    monkeypatch.setitem(sys.modules, "colorsys", stand_in)
    assert stand_in.hsv_to_rgb(0, 0, 1) == (1, 1, 1)
    assert sys.modules["colorsys"] is not stand_in


@pytest.mark.parametrize("first", ["asyncio", "grpc"])
def test_loaded_modules_are_not_replaced(first: str) -> None:
    code = (
        f"import sys, {first}\n"
        "from plugin_sdk._serving.lazy.lazy_grpc import import_grpc\n"
        "grpc = import_grpc()\n"
        "print(hasattr(grpc, 'aio'), type(sys.modules['asyncio']).__name__)"
    )

    assert run(code) == "True module"


def test_a_failed_import_of_grpc_does_not_affect_asyncio() -> None:
    code = (
        "import sys\n"
        "sys.modules['grpc._cython'] = None\n"
        "from plugin_sdk._serving.lazy.lazy_grpc import import_grpc\n"
        "try: import_grpc()\n"
        "except ImportError: print('asyncio' in sys.modules)\n"
        "import asyncio; asyncio.run(asyncio.sleep(0))"
    )

    assert run(code) == "False"
