"""What the author should know of the data that was converted; the runtime logs each once."""

from __future__ import annotations

_seen: dict[str, bool] = {}

NAIVE_TIMES = (
    "times of pandas without a time zone are taken for UTC; if they are local times, "
    "call .dt.tz_localize('Europe/Berlin') or the like before returning them"
)


def note(hint: str) -> None:
    """Remember that a hint applies."""
    if hint not in _seen:
        _seen[hint] = False


def new_hints() -> list[str]:
    """Return the hints that apply and were not returned before."""
    found = [hint for hint, is_logged in list(_seen.items()) if not is_logged]
    for hint in found:
        _seen[hint] = True
    return found
