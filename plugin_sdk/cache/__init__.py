"""Keeps what a data source has fetched for a while, and fetches it once for all who ask at the same time."""

from __future__ import annotations

from plugin_sdk.cache.decorator import cached

__all__ = ["cached"]
