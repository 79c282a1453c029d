"""Variables and files in provisioning, filled in as Grafana does it.

Between two `$$`, each a dollar sign, Grafana first fills in `${VAR}`, `$__env{VAR}` and `$__file{PATH}`, then
once more `$VAR` and `${VAR}` in what came out. So a value with a dollar sign stays whole behind `$VAR` alone.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

_EXPANDER = re.compile(r"\$(|__\w+)\{([^}]+)\}")
_PLAIN = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


class UnreadableFileError(Exception):
    """A file that `$__file{PATH}` names cannot be read; the message has the path and the reason."""


def expand(text: str, environ: Mapping[str, str]) -> str:
    """Return `text` with variables and files filled in; an unset variable is empty.

    Raises:
        UnreadableFileError: a file that it names cannot be read.
    """
    return "$".join(_expanded(part, environ) for part in text.split("$$"))


def variables_of(text: str) -> Iterator[str]:
    """Yield the variables that `text` names."""
    for part in text.split("$$"):
        for match in _EXPANDER.finditer(part):
            if match[1] in ("", "__env"):
                yield match[2]
        yield from (match[1] or match[2] for match in _PLAIN.finditer(_EXPANDER.sub("", part)))


def _expanded(part: str, environ: Mapping[str, str]) -> str:
    def variable(match: re.Match[str]) -> str:
        return _value(match[2], environ) if match[1] in ("", "__env") else match[0]

    def file(match: re.Match[str]) -> str:
        return _content(match[2]) if match[1] == "__file" else match[0]

    filled = _EXPANDER.sub(file, _EXPANDER.sub(variable, part))
    return _PLAIN.sub(lambda match: environ.get(match[1] or match[2], ""), filled)


def _value(name: str, environ: Mapping[str, str]) -> str:
    value = environ.get(name, "")
    return socket.gethostname() if name == "HOSTNAME" and not value else value


def _content(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        raise UnreadableFileError(f"$__file{{{path}}}: byte {error.start} is not UTF-8") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UnreadableFileError(f"$__file{{{path}}}: {reason}") from error
