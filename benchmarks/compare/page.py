"""Results in a Markdown file: between the command's marks where the file has them, else as the whole file."""

from __future__ import annotations

from pathlib import Path


def put(file: Path, name: str, text: str) -> None:
    """Write between `<!-- scripts/bench NAME -->` and `<!-- end of NAME -->`, or the whole file."""
    begin, end = f"<!-- scripts/bench {name} -->", f"<!-- end of {name} -->"
    page = file.read_text() if file.exists() else ""
    if begin not in page or end not in page:
        file.write_text(text)
        return
    before, _, rest = page.partition(begin)
    file.write_text(f"{before}{begin}\n{text.strip()}\n{end}{rest.partition(end)[2]}")
