"""Compares what the browser draws with a picture kept in the repository.

Both are made smaller first: the edges of letters may differ from one run to the next, a field that is
missing, moved or in another colour does not hide. Browsers and fonts draw differently, so a folder of pictures says
which ones drew it, and is compared only where the same ones draw again. `PICTURES=write` keeps new ones.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageChops

if TYPE_CHECKING:
    from playwright.sync_api import Locator

FOLDER = Path(__file__).parent / "pictures"
SMALLER = 2
# Of 255, for each colour of a small pixel: smoothed letters stay below 30, a border that is gone or another letter is above 50.
ALLOWED = 40
SECONDS = 15


def drawn_by(version: str) -> str:
    """Name what decides how a page is drawn: the browser's main version and the fonts of the machine."""
    fonts = [
        subprocess.run(["fc-match", name], capture_output=True, text=True, check=True).stdout.split(":")[0]
        for name in ("sans-serif", "monospace")
        if shutil.which("fc-match")
    ]
    return " ".join(["chromium", version.partition(".")[0], *fonts])


def small(picture: bytes) -> Image.Image:
    return Image.open(io.BytesIO(picture)).convert("RGB").reduce(SMALLER)


def drawn(shown: Locator) -> Image.Image:
    return small(shown.screenshot(animations="disabled", caret="hide"))


def difference(one: Image.Image, other: Image.Image) -> int:
    """Return the largest difference of one colour of one pixel; 255 where the sizes differ."""
    if one.size != other.size:
        return 255
    bands = ImageChops.difference(one, other).split()
    return max(level for band in bands for level, count in enumerate(band.histogram()) if count)


def check(shown: Locator, name: str, version: str) -> None:
    """Compare the element with the picture `name`; a kept one that differs is left beside the artifacts."""
    kept, drawer = FOLDER / f"{name}.png", FOLDER / "drawn-by.txt"
    if os.environ.get("PICTURES") == "write":
        kept.parent.mkdir(parents=True, exist_ok=True)
        drawer.write_text(drawn_by(version) + "\n")
        shown.page.wait_for_timeout(2000)
        drawn(shown).save(kept, optimize=True)
        return
    if drawer.read_text().strip() != drawn_by(version):
        pytest.skip(f"optional: the pictures were drawn by {drawer.read_text().strip()}")
    expected, deadline = Image.open(kept).convert("RGB"), time.monotonic() + SECONDS
    # Lists that load their choices look otherwise until they have them.
    while (found := difference(expected, now := drawn(shown))) > ALLOWED and time.monotonic() < deadline:
        shown.page.wait_for_timeout(200)
    if found > ALLOWED:
        wrong = FOLDER.parents[2] / "artifacts" / "browser" / f"differs-{name.replace('/', '-')}.png"
        wrong.parent.mkdir(parents=True, exist_ok=True)
        now.save(wrong)
    assert found <= ALLOWED, f"{name} is drawn differently: see {kept} and artifacts/browser"
