"""Which page the preview shows: the plain one until the rich one is there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from starlette.responses import FileResponse

from plugin_cli.console import Console
from plugin_cli.dev.preview.files import Files
from plugin_cli.dev.preview.rich_page import build_rich_page, page_folders, plain_page_requested, rich_page
from plugin_cli.errors import PluginCliError
from plugin_cli.session.log import LogWriter
from plugin_cli.system.process import StoppedError


class Page:
    """The page that is served, and why it is the plain one."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._files = Files(folders)
        self.note = ""

    def show(self, rich: Path) -> None:
        """Serve the rich page from now on."""
        self._files, self.note = Files(page_folders(rich)), ""

    def response(self, path: str) -> FileResponse:
        """Return a file of the page as an answer.

        Raises:
            HTTPException: 404, there is none.
        """
        return self._files.response(path)


class PageBuild:
    """Makes the rich page while the plain one serves.

    Args:
        console: reports what is fetched and built, and once why the page stays plain.
        log: of the session; a detached one is read there.
        changed: called when another page, or another reason for the plain one, is there.
    """

    def __init__(self, console: Console, log: LogWriter, changed: Callable[[Page], None]) -> None:
        self.page = Page(page_folders(None if plain_page_requested() else rich_page()))
        self._console = console
        self._log = log
        self._changed = changed
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin where the rich page is neither here nor unwanted."""
        if rich_page() is None and not plain_page_requested():
            self.page.note = "the page on Grafana's own components is being built and will replace this one"
            self._thread = threading.Thread(target=self._build, name="rich-page")
            self._thread.start()

    def stop(self) -> None:
        """Stop what is fetched or built; what is half done goes."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def _build(self) -> None:
        began = time.monotonic()
        try:
            self.page.show(build_rich_page(self._console, self._stopped))
        except StoppedError:
            return
        except (PluginCliError, OSError) as error:
            self._stay_plain(error)
        else:
            self._report(
                f"the page on Grafana's own components is there after {time.monotonic() - began:.0f} s"
            )
        self._changed(self.page)

    def _stay_plain(self, error: Exception) -> None:
        reason = str(error).partition("\n")[0]
        self.page.note = f"the page stays the plain one: {reason}"
        self._console.warn(f"the page stays the plain one until the next `dev up`\n  {error}")
        self._log.line("dev", "warn", f"the page stays the plain one: {error}")

    def _report(self, text: str) -> None:
        self._console.step(text)
        self._log.line("dev", "info", text)
