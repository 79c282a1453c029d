"""A table for readers is not written on a busy machine, and says so where it is written nevertheless."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from benchmarks.compare import calm, options, report
from benchmarks.compare.calm import Busy
from benchmarks.compare.figures import Figure, Result
from benchmarks.compare.machine import versions
from benchmarks.compare.table import Table

QUIET, WORKING, STOLEN = Busy(1.0, 0.0), Busy(60.0, 0.0), Busy(1.0, 9.0)
MARKS = "<!-- scripts/bench go -->\nold\n<!-- end of go -->\n"


def chosen(page: Path, *arguments: str, before: Busy = QUIET) -> argparse.Namespace:
    page.write_text(MARKS)
    found = options.parse("go", "", ["--markdown", str(page), *arguments])
    found.before = before
    return found


def result(*rounds: float) -> Result:
    return Result(
        "query-1", Figure("p50", "tiny query", "ms"), {"python": list(rounds), "go": [1.0] * len(rounds)}
    )


@pytest.mark.parametrize(
    ("passed", "others", "steal"),
    [
        # user, nice, system, idle, iowait, irq, softirq, steal
        ([0, 0, 0, 200, 0, 0, 0, 0], 0.0, 0.0),
        ([50, 20, 20, 100, 0, 5, 5, 0], 50.0, 0.0),
        ([0, 0, 0, 90, 100, 0, 0, 10], 0.0, 5.0),
        ([0, 0, 0, 0, 0, 0, 0, 0], 0.0, 0.0),
    ],
)
def test_the_work_of_others_is_read_from_the_kernel(passed: list[int], others: float, steal: float) -> None:
    before = [7] * 8
    found = calm.between(before, [then + more for then, more in zip(before, passed, strict=True)])

    assert (found.others, found.steal) == (others, steal)


def test_the_processors_of_this_machine_can_be_watched() -> None:
    found = calm.look(0.05)

    assert 0 <= found.others <= 100
    assert 0 <= found.steal <= 100


@pytest.mark.parametrize(
    ("moment", "reason"), [(QUIET, ""), (WORKING, "other work takes 60 %"), (STOLEN, "takes 9.0 %")]
)
def test_a_busy_moment_has_its_reason(moment: Busy, reason: str) -> None:
    assert (reason in moment.reason) if reason else not moment.reason


@pytest.mark.parametrize("moment", [WORKING, STOLEN])
def test_a_busy_machine_is_refused_before_anything_is_measured(
    tmp_path: Path, moment: Busy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calm, "look", lambda: moment)
    monkeypatch.setattr(options, "setting", lambda *_: pytest.fail("the run was started"))

    with (
        pytest.raises(SystemExit, match=r"page\.md is not written: (?s:.*)--busy"),
        options.run(chosen(tmp_path / "page.md")),
    ):
        pass


@pytest.mark.parametrize("kind", ["figures", "tables"])
@pytest.mark.parametrize(
    ("before", "after", "arguments", "expected"),
    [
        (QUIET, QUIET, [], "Quiet: other work 1 %, steal 0.0 %"),
        (QUIET, WORKING, [], "old"),
        (QUIET, WORKING, ["--busy"], "**The machine was busy** (other work takes 60 %"),
        (WORKING, QUIET, ["--busy"], "**The machine was busy** (other work takes 60 %"),
    ],
)
def test_the_page_says_the_state_of_the_machine(
    kind: str,
    before: Busy,
    after: Busy,
    arguments: list[str],
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(calm, "look", lambda: after)
    page = tmp_path / "page.md"
    given = chosen(page, *arguments, before=before)

    if kind == "figures":
        report.write(given, [result(2.0, 2.1)])
    else:
        options.write(given, [Table("Growth", ("rows", "ms"))])

    text = page.read_text()
    assert expected in text
    assert ("old" in text) == (expected == "old")
    assert ("--busy" in capsys.readouterr().err) == (expected == "old")
    assert (versions() in text) == (expected != "old")


@pytest.mark.parametrize(
    ("rounds", "marked"), [((2.0, 2.1, 2.9), False), ((2.0, 2.1, 3.1), True), ((2.0,), False)]
)
def test_a_row_whose_rounds_differ_is_marked(rounds: tuple[float, ...], marked: bool) -> None:
    assert ("(unsteady)" in report.table([result(*rounds)]).plain()) is marked


def test_the_versions_of_both_sides_are_named() -> None:
    text = versions()

    for name in ("grpcio 1.", "protobuf ", "pydantic 2", "Go 1.", "grafana-plugin-sdk-go v0."):
        assert name in text
