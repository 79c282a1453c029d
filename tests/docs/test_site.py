"""The documentation as a site: it builds strictly, and its tables follow the code."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from plugin_cli.doctor import diagnose_start
from tests.built_plugin import ROOT

DOCS = ROOT / "docs"


def build(config: Path, site: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "-f", str(config), "-d", str(site)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_site_builds_without_a_warning_and_shows_docstrings(tmp_path: Path) -> None:
    built = build(ROOT / "mkdocs.yml", tmp_path / "site")

    assert built.returncode == 0, built.stderr
    page = (tmp_path / "site" / "reference" / "datasource.html").read_text("utf-8")
    assert "check_health" in page
    assert not re.search(r'(?:src=|<link [^>]*href=)"?https?://', page), "the site works without another host"


def test_a_broken_link_fails_the_site(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# A\n\n[gone](gone.md)\n", encoding="utf-8")
    config = tmp_path / "mkdocs.yml"
    strict = (ROOT / "mkdocs.yml").read_text("utf-8").partition("\nnav:")[0]
    config.write_text(strict + "\nnav: [index.md]\n", encoding="utf-8")

    built = build(config, tmp_path / "site")

    assert built.returncode != 0
    assert "gone.md" in built.stderr


def test_every_cause_that_doctor_names_is_on_the_page_about_loading() -> None:
    source = Path(diagnose_start.__file__).read_text("utf-8")
    causes = set(re.findall(r'yield Diagnosis\(\s*"(\w+)"', source))
    page = (DOCS / "not-loaded.md").read_text("utf-8")

    assert len(causes) > 5
    assert causes == set(re.findall(r"^\| (\w+) \| `", page, re.MULTILINE)) - {"Plugin"}
