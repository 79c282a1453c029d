from __future__ import annotations

from pathlib import Path

from plugin_cli.dev.preview import rich_page
from plugin_cli.resources import frontend_runtime_dir


def test_the_rich_page_is_shown_where_there_is_one(tmp_path: Path) -> None:
    plain = rich_page.page_folders(None)
    assert plain[-1] == frontend_runtime_dir()
    assert (plain[0] / "index.html").is_file()
    assert rich_page.page_folders(tmp_path) == [tmp_path]


def test_every_script_of_the_plain_page_is_in_its_folders() -> None:
    folders = [Path(rich_page.__file__).parent / "page", frontend_runtime_dir()]
    index = (folders[0] / "index.html").read_text(encoding="utf-8")
    names = [part.partition('"')[0] for part in index.split("/_page/")[1:]]
    assert len(names) == 7  # a style, five rules, the page itself
    assert [name for name in names if not any((folder / name).is_file() for folder in folders)] == []
