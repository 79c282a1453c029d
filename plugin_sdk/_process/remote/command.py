"""The command `serve` of a plugin's executable, and of `python -m plugin_sdk`."""

from __future__ import annotations

import sys

from plugin_sdk._process.remote.options import Options, parse


def serve_remote(target: str | type, arguments: list[str]) -> int:
    """Serve `target` as the arguments say, and return the exit code."""
    from plugin_sdk._process.remote.worker import this_worker

    try:
        options = parse(arguments, program=_program(target))
    except SystemExit as error:
        return int(error.code or 0)
    worker = this_worker()
    if worker is None and options.workers > 1:
        from plugin_sdk._process.remote.workers import run_group

        return run_group(options)
    if worker is not None:
        options = _of_worker(options, worker.address)
    from plugin_sdk._process.remote.server import RemoteServer

    RemoteServer(target, options, worker).run()
    return 1


def _of_worker(options: Options, address: str) -> Options:
    return options._replace(listen=address, metrics="127.0.0.1:0" if options.metrics else "")


def _program(target: str | type) -> str:
    if getattr(sys, "frozen", False):
        return f"{sys.executable.rpartition('/')[2]} serve"
    return f"python -m plugin_sdk serve {target if isinstance(target, str) else target.__qualname__}"
