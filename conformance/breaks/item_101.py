"""The last error counts."""

from plugin_sdk._serving.outcome import Outcome


def last(self: Outcome, error: str, source: object) -> None:
    self.status, self.error, self.source = "error", error, source


Outcome.record_error = last
