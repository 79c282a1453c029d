"""The interval of a query as Grafana rounds it, so that a plugin sees the steps it will see in panels.

The plain page of the preview gets the same steps from `/api/preview`.
"""

from __future__ import annotations

# Below each limit, in milliseconds: the step.
STEPS = (
    (10, 1),
    (15, 10),
    (35, 20),
    (75, 50),
    (150, 100),
    (350, 200),
    (750, 500),
    (1_500, 1_000),
    (3_500, 2_000),
    (7_500, 5_000),
    (12_500, 10_000),
    (17_500, 15_000),
    (25_000, 20_000),
    (45_000, 30_000),
    (90_000, 60_000),
    (210_000, 120_000),
    (450_000, 300_000),
    (750_000, 600_000),
    (1_050_000, 900_000),
    (1_500_000, 1_200_000),
    (2_700_000, 1_800_000),
    (5_400_000, 3_600_000),
    (9_000_000, 7_200_000),
    (16_200_000, 10_800_000),
    (32_400_000, 21_600_000),
    (86_400_000, 43_200_000),
    (604_800_000, 86_400_000),
    (1_814_400_000, 604_800_000),
    (3_628_800_000, 2_592_000_000),
)
LONGEST = 31_536_000_000


def round_interval(milliseconds: float) -> int:
    """Return the step of Grafana's that is nearest to an interval.

    >>> round_interval(6_048_000)
    7200000
    """
    return next((step for limit, step in STEPS if milliseconds < limit), LONGEST)
