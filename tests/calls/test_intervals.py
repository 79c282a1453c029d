from __future__ import annotations

import pytest

from plugin_cli.calls.intervals import LONGEST, STEPS, round_interval


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


# What Grafana's panels ask for: milliseconds of one point, and the step.
EDGES = [
    (0.5, 1), (10, 10), (15, 20), (35, 50), (75, 100), (150, 200), (350, 500), (750, 1_000), (1_500, 2_000),
    (3_500, 5_000), (7_500, 10_000), (12_500, 15_000), (17_500, 20_000), (25_000, 30_000), (45_000, 60_000),
    (90_000, 120_000), (210_000, 300_000), (450_000, 600_000), (750_000, 900_000), (1_050_000, 1_200_000),
    (1_500_000, 1_800_000), (2_700_000, 3_600_000), (5_400_000, 7_200_000), (9_000_000, 10_800_000),
    (16_200_000, 21_600_000), (32_400_000, 43_200_000), (86_400_000, 86_400_000), (604_800_000, 604_800_000),
    (1_814_400_000, 2_592_000_000), (3_628_800_000, 31_536_000_000), (10**12, 31_536_000_000),
]  # fmt: skip


@pytest.mark.parametrize(("milliseconds", "step"), EDGES)
def test_a_step_begins_at_its_edge(milliseconds: float, step: int) -> None:
    assert round_interval(milliseconds) == step


def test_every_step_is_the_one_before_its_edge() -> None:
    before = [round_interval(limit - 0.001) for limit, _ in STEPS]
    assert before == [step for _, step in STEPS]
    assert [*before, LONGEST] == [step for _, step in EDGES[:-1]]
