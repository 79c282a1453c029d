"""Every set of packages, built and asked; the short form of these is `scripts/test packages --quick`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.packages.package_set import FOLDER, PackageSet, read_sets
from tests.packages.page import write_page
from tests.packages.prove import Outcome, prove

SETS = read_sets()


@pytest.mark.nightly
@pytest.mark.parametrize("case", SETS, ids=[case.name for case in SETS])
def test_set_does_in_the_bundle_what_it_does_from_source(case: PackageSet) -> None:
    outcome = prove(case)
    assert outcome.verdict != "wrong", outcome.note


def test_the_short_form_has_one_set_of_each_kind_that_went_wrong_once() -> None:
    quick = {case.name: case.kind for case in SETS if case.quick}
    assert len(quick) >= 12
    assert len(set(quick.values())) >= 12


def test_every_file_is_a_set_that_can_fail() -> None:
    assert len(SETS) == len(list(FOLDER.glob("*.py")))
    for case in SETS:
        text = Path(case.path).read_text()
        assert "def answer()" in text, case.name
        assert case.kind, case.name
        assert case.expected, case.name


def test_names_of_packages_are_declared_once() -> None:
    assert [case.name for case in SETS if len(case.packages) != len(set(case.packages))] == []


def test_the_page_lists_what_was_tried_with_its_present_text_and_nothing_else(tmp_path: Path) -> None:
    first, second, third, fourth = SETS[:4]
    results = {
        first.name: Outcome(
            first.digest, "right", 12.4, 61.2, 1.26, root=True, zip_megabytes=20.4, processor_seconds=9
        ),
        second.name: Outcome("another text", "right", 1, 1, 1),
        third.name: Outcome(third.digest, "cannot", note="needs a | library"),
    }

    write_page(tmp_path / "packages.md", SETS, results)

    text = (tmp_path / "packages.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ")][1:]
    assert rows == [
        f"| {first.name} | {', '.join(first.packages)} | 9 s | 12 s | 61 MB | 1.3 s | right, root, 20 MB zipped |",
        f"| {third.name} | {', '.join(third.packages)} | - | 0 s | 0 MB | 0.0 s "
        "| cannot work: needs a \\| library |",
    ]
    assert f"1 of {len(SETS)} sets right" in text
    assert fourth.name not in results
