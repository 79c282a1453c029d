from __future__ import annotations

from pathlib import Path

import pytest

from plugin_cli.preview import pages
from plugin_cli.resources import frontend_runtime_dir


def test_rich_page_is_shown_where_it_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "preview_dir", lambda: tmp_path)
    plain = pages.page_folders()
    assert plain[-1] == frontend_runtime_dir()
    assert (plain[0] / "index.html").is_file()
    (tmp_path / "index.html").touch()
    assert pages.page_folders() == [tmp_path]


def test_every_script_of_the_plain_page_is_in_its_folders() -> None:
    folders = [Path(pages.__file__).parent / "page", frontend_runtime_dir()]
    index = (folders[0] / "index.html").read_text(encoding="utf-8")
    names = [part.partition('"')[0] for part in index.split("/_page/")[1:]]
    assert len(names) == 6  # a style, four rules, the page itself
    assert [name for name in names if not any((folder / name).is_file() for folder in folders)] == []
