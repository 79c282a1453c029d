"""The flags that Go plugins have, `-version`, `-buildinfo` and `-standalone`, and the command `serve`."""

from __future__ import annotations

import sys
from typing import Any


def answer_flags(arguments: list[str], target: str | type) -> int | None:
    """Handle a flag and return the exit code, or None if there is no flag and the plugin should be served."""
    if arguments[:1] == ["serve"]:
        from plugin_sdk._process.remote.command import serve_remote

        return serve_remote(target, arguments[1:])
    flags = {argument.lstrip("-") for argument in arguments if argument.startswith("-")}
    if flags & {"version", "buildinfo"}:
        import json

        info = build_info()
        sys.stdout.write((str(info.get("version", "")) if "version" in flags else json.dumps(info)) + "\n")
        return 0
    if "standalone" in flags:
        from plugin_sdk._process.standalone import serve_standalone

        return serve_standalone(target)
    return None


def build_info() -> dict[str, Any]:
    """Return what `build` recorded: id, version, time and packages; from source, only the SDK's version."""
    # Not at the top: this module is loaded before the handshake.
    import json
    from pathlib import Path

    from plugin_sdk._version import __version__

    folder = getattr(sys, "_MEIPASS", None)
    path = Path(folder) / "buildinfo.json" if folder else None
    if path is None or not path.is_file():
        return {"version": "source", "sdk": __version__}
    info: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return info
