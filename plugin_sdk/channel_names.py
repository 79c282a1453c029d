"""Names of Grafana Live's channels: what Grafana takes, and names made of free text."""

from __future__ import annotations

import re

_ALLOWED = re.compile(r"[A-Za-z0-9_\-/=.]+")
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9_\-/=.]")
_ESCAPED = re.compile(r"(?:=[0-9A-F]{2})+")
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.")
LONGEST = 160


def channel_name(text: str) -> str:
    """Return a name of free text for a part of a channel's path; `channel_text` is the reverse.

    A `@stream("live/{station}")` method gets the text again, not the name.

    Examples:
        >>> channel_name("New York")
        'New=20York'
    """
    return "".join(chr(byte) if byte in _PLAIN else f"={byte:02X}" for byte in text.encode())


def channel_text(name: str) -> str:
    """Return the text that a name was made of; a name made otherwise comes back as it is.

    Examples:
        >>> channel_text("New=20York")
        'New York'
    """
    return _ESCAPED.sub(_decoded, name)


def _decoded(match: re.Match[str]) -> str:
    try:
        return bytes.fromhex(match[0].replace("=", "")).decode()
    except UnicodeDecodeError:
        return match[0]


def check_channel(channel: str) -> str:
    """Return a channel's name, such as `ds/<uid>/live/berlin` or a part of it, if Grafana takes it.

    Raises:
        ValueError: it is too long, or holds a character that Grafana refuses; the text says which.
    """
    if len(channel) > LONGEST:
        raise ValueError(
            f"the channel {channel[:40]!r}... has {len(channel)} characters; Grafana takes at most {LONGEST}"
        )
    odd = _NOT_ALLOWED.search(channel)
    if odd is not None:
        raise ValueError(
            f"the channel {channel!r} holds {odd[0]!r}; Grafana takes letters, digits and _ - / = . only: "
            "make a name of free text with plugin_sdk.channel_name(text)"
        )
    if not _ALLOWED.fullmatch(channel):
        raise ValueError("the channel has no name")
    return channel
