from __future__ import annotations

import pytest

from plugin_cli.calls.intervals import round_interval


@pytest.mark.parametrize(
    ("range_seconds", "points", "expected"),
    [
        (3600, 100, 30_000),
        (604_800, 100, 7_200_000),  # 6048 s, which no panel asks for
        (21_600, 1000, 20_000),
        (1, 1000, 1),
        (300, 100, 2_000),
        (86_400, 1000, 60_000),
        (86_400 * 365, 1000, 21_600_000),
        (86_400 * 36500, 10, 31_536_000_000),
    ],
)
def test_an_interval_is_one_of_grafana_s_steps(range_seconds: float, points: int, expected: int) -> None:
    assert round_interval(range_seconds * 1000 / points) == expected
