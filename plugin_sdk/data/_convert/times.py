"""Lists of datetimes as whole nanoseconds, which take longer than all else of a long frame."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from itertools import accumulate, repeat
from operator import eq, sub

from plugin_sdk.data._column import MAX_INT64, MIN_INT64

_LEAST_ROWS = 32
"""Shorter lists are converted one by one, which is as fast."""
_LANES = 1024
"""How many numbers of 64 bits are computed at once, as one large integer."""
_BIAS = 1 << 63


def since(values: Sequence[datetime], epoch: datetime) -> array[int]:
    """Return the times since `epoch`, which is naive if they are.

    Raises:
        TypeError: some are naive and others are not.
        OverflowError: one does not fit 64 bits.
    """
    if len(values) >= _LEAST_ROWS:
        step = values[1] - values[0]
        if _are_equidistant(values, step):
            return _equidistant(_nanoseconds(values[0] - epoch), _nanoseconds(step), len(values))
    # This dominates the time of encoding any other list: keep it to one loop without calls.
    return array(
        "q",
        [
            (past.days * 86400 + past.seconds) * 1000000000 + past.microseconds * 1000
            for past in map(sub, values, repeat(epoch))
        ],
    )


def _are_equidistant(values: Sequence[datetime], step: timedelta) -> bool:
    """Return True if each time is `step` after the one before; stop at the first that is not."""
    if not _has_fixed_offset(values[0].tzinfo):
        return False
    try:
        return all(map(eq, accumulate(repeat(step, len(values) - 1), initial=values[0]), values))
    except OverflowError:
        return False  # the next one would be after the year 9999


def _has_fixed_offset(zone: tzinfo | None) -> bool:
    """Return True if adding to a time of this zone is adding to its instant: without summer time."""
    if zone is None or type(zone) is timezone:
        return True
    # Zones of other libraries may mean something else by the offset at no time.
    return type(zone).__module__ == "zoneinfo" and zone.utcoffset(None) is not None


def _nanoseconds(past: timedelta) -> int:
    return (past.days * 86400 + past.seconds) * 1000000000 + past.microseconds * 1000


def _equidistant(start: int, step: int, count: int) -> array[int]:
    """Return what `array("q", range(...))` would, without creating an integer for each row."""
    end = start + (count - 1) * step
    if min(start, end) < MIN_INT64 or max(start, end) > MAX_INT64:
        raise OverflowError
    made = bytearray()
    for row in range(0, count, _LANES):
        lanes = min(_LANES, count - row)
        ones, ramp = _lanes(lanes)
        # With half the range added, each lane is positive throughout and never carries into the next one.
        lifted = ones * (start + row * step + _BIAS) + ramp * step
        made += (lifted ^ (ones << 63)).to_bytes(8 * lanes, "little")
    numbers = array("q")
    numbers.frombytes(made)
    return numbers


@lru_cache(maxsize=16)
def _lanes(count: int) -> tuple[int, int]:
    """Return two large integers: of `count` lanes that are 1, and of lanes that are 0, 1, 2 and so on."""
    ones = int.from_bytes(array("Q", repeat(1, count)).tobytes(), "little")
    return ones, int.from_bytes(array("Q", range(count)).tobytes(), "little")
