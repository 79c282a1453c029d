"""`-standalone`: the plugin as a plain gRPC server, to which a debugger can be attached.

Its address and process id are recorded beside plugin.json, in `standalone.txt` and `pid.txt`. When Grafana
starts the executable, it prints the recorded address and stays alive in place of the server.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from plugin_sdk._json_text import loads

ADDRESS_FILE = "standalone.txt"
PID_FILE = "pid.txt"


def serve_standalone(target: str | type) -> int:
    """Serve until SIGINT or SIGTERM and return the exit code."""
    from plugin_sdk import _log
    from plugin_sdk._serving.server import build
    from plugin_sdk._serving.shared_state import SharedState

    folder, plugin_id = _plugin_folder(Path.cwd())
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    _log.configure(level="debug")
    _log.install()
    state = SharedState(target)
    state.loader.start()
    server, _ = build(state, stop=None, stdio=None)
    port = server.add_insecure_port(_requested_address(plugin_id))
    server.start()
    address = f"127.0.0.1:{port}"
    files = _write_files(folder, address)
    _log.log("info", "standalone plugin server", address=address, pid=os.getpid())
    try:
        stop.wait()
    finally:
        for path in files:
            path.unlink(missing_ok=True)
        server.stop(grace=0)
        state.close()
    return 0


def address_variable(plugin_id: str) -> str:
    """Return the name of the environment variable that sets a plugin's address."""
    return "GF_PLUGIN_GRPC_ADDRESS_" + plugin_id.upper().replace("-", "_")


def _requested_address(plugin_id: str) -> str:
    address = os.environ.get(address_variable(plugin_id), "") if plugin_id else ""
    if not address:
        return "127.0.0.1:0"
    # In Go, ":port" listens on every address; this server stays on the local machine.
    return f"127.0.0.1{address}" if address.startswith(":") else address


def _plugin_folder(start: Path) -> tuple[Path | None, str]:
    """Return the directory of this process's plugin.json, and the plugin's id."""
    root = start.parent if start.name == "pkg" else start
    for folder in (root / "dist", root / "src", root):
        path = folder / "plugin.json"
        if path.is_file():
            try:
                return (folder if folder.name != "src" else root), str(loads(path.read_text())["id"])
            except (ValueError, KeyError, TypeError, OSError):
                continue
    return None, ""


def _write_files(folder: Path | None, address: str) -> list[Path]:
    if folder is None:
        return []
    written = []
    for name, text in ((ADDRESS_FILE, address), (PID_FILE, str(os.getpid()))):
        path = folder / name
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        written.append(path)
    return written


def running_address(executable: Path, environ: dict[str, str] | os._Environ[str]) -> str | None:
    """Return the address of a standalone server to which Grafana should be directed, or None."""
    folder = executable.parent
    _, plugin_id = _plugin_folder(folder)
    fixed = environ.get(address_variable(plugin_id), "") if plugin_id else ""
    if fixed:
        return fixed
    try:
        address = (folder / ADDRESS_FILE).read_text().strip()
    except OSError:
        return None
    return address if address and _alive(folder / PID_FILE) else None


def _alive(path: Path) -> bool:
    try:
        pid = int(path.read_text())
    except OSError:
        return True
    except ValueError:
        return False
    if sys.platform == "win32":
        # On Windows, `os.kill` ends the process whatever the signal.
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def locate(address: str, stdout: Any) -> None:
    """Print the handshake of a server in another process, and stay alive so that Grafana keeps using it."""
    from plugin_sdk._process.handshake import line

    stdout.write(line("tcp", address))
    stdout.flush()
    parent = os.getppid()
    while sys.platform == "win32" or os.getppid() == parent:
        time.sleep(1)
