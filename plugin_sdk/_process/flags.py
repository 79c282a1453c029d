"""The flags that Go plugins answer: `-version`, `-buildinfo` and `-standalone`."""

from __future__ import annotations

import sys


def answer_flags(arguments: list[str], target: str | type) -> int | None:
    """Answer a flag and return the exit code; None where there is none and the plugin shall be served."""
    flags = {argument.lstrip("-") for argument in arguments if argument.startswith("-")}
    if flags & {"version", "buildinfo"}:
        import json

        from plugin_sdk._process.buildinfo import build_info

        info = build_info()
        sys.stdout.write((str(info.get("version", "")) if "version" in flags else json.dumps(info)) + "\n")
        return 0
    if "standalone" in flags:
        from plugin_sdk._process.standalone import serve_standalone

        return serve_standalone(target)
    return None
