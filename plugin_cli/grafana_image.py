"""The Grafana that plugins are developed against."""

from __future__ import annotations

GRAFANA_IMAGE = "grafana/grafana:13.2.0"
"""Named by a new plugin's compose file; `dev` uses it where a compose file names none."""
