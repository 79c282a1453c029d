"""The one boundary: a command's errors become a sentence on stderr and an exit code."""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    for name in ("SIGTERM", "SIGHUP"):
        # nohup has one of them ignored, and means it.
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is not signal.SIG_IGN:
            signal.signal(getattr(signal, name), _end)
    sys.exit(run(sys.argv[1:]))


def _end(number: int, _: object) -> None:
    """Leave as an error does: what is half made goes, and a program that is waited for is ended."""
    raise SystemExit(128 + number)


def run(arguments: list[str]) -> int:
    """Run the command line on `arguments` and return the exit code: 0, 1, 2, 3, 4, 5 or 130."""
    from plugin_cli.cli.registry import app
    from plugin_cli.console import say
    from plugin_cli.errors import PluginCliError

    # gRPC's core logs every closed connection, which is noise to the user of a command.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        app(arguments, prog_name="plugin-cli", standalone_mode=True)
    except PluginCliError as error:
        if "--verbose" in arguments:
            import traceback

            traceback.print_exc()
        say(f"error: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`plugin-cli query | head`): there is nothing left to print.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


if __name__ == "__main__":
    main()
