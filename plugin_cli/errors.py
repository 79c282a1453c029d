"""Every failure a user of the tool can meet: what failed, why, and what to do, with its exit code."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class PluginCliError(Exception):
    """A failure with a sentence for the user.

    Attributes:
        what: what failed and on which thing, in the user's words.
        why: the reason, where it is known.
        remedy: what to do next, ready to copy.
        exit_code: 1 the work failed, 2 usage, 3 a tool is missing or unusable, 4 the project is
            wrong, 5 an outside tool failed.
    """

    exit_code = 1

    def __init__(self, what: str, *, why: str | None = None, remedy: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.remedy = remedy

    def __str__(self) -> str:
        lines = [self.what]
        if self.why:
            lines += [f"  {line}" for line in self.why.splitlines()]
        if self.remedy:
            first, *rest = self.remedy.splitlines()
            lines += [f"  try: {first}", *(f"       {line}" for line in rest)]
        return "\n".join(lines)


class UsageError(PluginCliError):
    """A flag or argument has a wrong value, or is missing and there is no terminal to prompt on."""

    exit_code = 2


class ToolMissingError(PluginCliError):
    """A program or service that the work needs is not here, or does not answer."""

    exit_code = 3


class ProjectError(PluginCliError):
    """The plugin repository, its plugin.json or its code is wrong."""

    exit_code = 4


class ToolFailedError(PluginCliError):
    """An outside program ran and failed.

    Attributes:
        command: the argument vector that was run.
        output: everything it printed; the message shows the last 20 lines.
    """

    exit_code = 5

    def __init__(
        self, what: str, *, command: Iterable[str], returncode: int, output: str, remedy: str | None = None
    ) -> None:
        import shlex

        self.command = tuple(command)
        self.returncode = returncode
        self.output = output
        tail = "\n".join(output.rstrip().splitlines()[-20:])
        why = f"{shlex.join(self.command)}\nended with exit code {returncode}" + (f"\n{tail}" if tail else "")
        super().__init__(what, why=why, remedy=remedy)


def choice_error(flag: str, value: str, allowed: Iterable[str], *, command: str | None = None) -> UsageError:
    """Return the error for a value outside a closed list, naming the list and the nearest member.

    Args:
        flag: what took the value, e.g. `--frontend`.
        value: what was given.
        allowed: the closed list.
        command: what the user types before the value where that is not the flag, e.g. `plugin-cli add`.
    """
    options = list(allowed)
    near = get_close_matches(value, options, n=1)
    return UsageError(
        f"{flag} does not take {value!r}",
        why=f"allowed: {', '.join(options)}",
        remedy=f"{command or flag} {near[0]}" if near else None,
    )


def disk_error(path: Path, error: OSError) -> PluginCliError:
    """Return the error for a file or folder of the tool's own that cannot be written."""
    return PluginCliError(
        f"{path} cannot be written",
        why=error.strerror or str(error),
        remedy="make its folder writable and see that the disk has room",
    )
