"""`serve`: the entry point of every plugin process.

Only the standard library, grpc's sync server and the message classes are loaded before the handshake.
"""

from __future__ import annotations

import os
import sys


def serve(target: str | type) -> None:
    """Serve a plugin to the Grafana that started this process; never return.

    Args:
        target: `"package.module:Class"`, loaded after the handshake, or a subclass of `DataSource` or `App`
            (then it is loaded already; for scripts and tests).

    `-version`, `-buildinfo` and `-standalone` work as in Go plugins; `serve --listen ADDRESS` makes the
    process a server that stands alone. Started by hand, it prints that it is a plugin and exits with 1.
    """
    from plugin_sdk._process.flags import answer_flags

    code = answer_flags(sys.argv[1:], target)
    if code is not None:
        sys.stdout.flush()
        os._exit(code)
    from plugin_sdk._process.handshake import NOT_EXECUTED_DIRECTLY, check_cookie

    if not check_cookie(os.environ):
        sys.stderr.write(NOT_EXECUTED_DIRECTLY)
        sys.exit(1)
    _defer_to_standalone_server()
    from plugin_sdk._process.main import ServingProcess

    ServingProcess(target).run()


def _defer_to_standalone_server() -> None:
    """If a standalone server of this plugin is running, print its address and stay alive in its place."""
    executable = sys.executable if getattr(sys, "frozen", False) else sys.argv[0]
    folder = os.path.dirname(os.path.abspath(executable))  # noqa: PTH100, PTH120  # pathlib is not loaded yet
    variable = any(name.startswith("GF_PLUGIN_GRPC_ADDRESS_") for name in os.environ)
    if not variable and not os.path.exists(os.path.join(folder, "standalone.txt")):  # noqa: PTH110, PTH118
        return
    from pathlib import Path

    from plugin_sdk._process.standalone import locate, running_address

    address = running_address(Path(executable), os.environ)
    if address is not None:
        locate(address, sys.stdout)
        os._exit(0)
