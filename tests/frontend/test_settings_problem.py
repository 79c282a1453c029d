"""A provisioning file that cannot be read any more: the page says so and goes on with what it has."""

from __future__ import annotations

import pytest

from tests.frontend.bed import Bed

pytestmark = pytest.mark.browser


def test_the_page_says_why_the_settings_are_the_last_ones_until_the_file_is_mended(plain: Bed) -> None:
    page = plain.open_and_listen()
    plain.store.problem = "weather.yaml cannot be read\n  line 3"
    # The page that comes now has to listen before it is told the next thing.
    with page.expect_response(lambda answer: answer.url.endswith("/api/preview/events")):
        plain.events.reload("frontend")
    banner = page.locator("#banner")
    banner.get_by_text("The data source keeps its last settings: weather.yaml cannot be read").wait_for()
    plain.store.problem = ""
    plain.events.reload("frontend")

    banner.wait_for(state="hidden")
