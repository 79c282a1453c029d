"""The class that names the models, for the schema."""

from __future__ import annotations

from plugin_sdk import DataSource
from tests.frontend.showcase.models import Query, Settings


class Showcase(DataSource[Settings, Query]):
    """Never run: tests/frontend/showcase_bridge.py answers in its place."""
