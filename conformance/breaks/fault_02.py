"""Neither the parent nor the pipe to it is watched."""

from plugin_sdk import _log, _watch

configure = _log.configure
_log.configure = lambda **options: configure(**{**options, "on_broken_pipe": None})
_watch.Watch.run = lambda self, on_orphaned: self._stop.wait()  # noqa: ARG005  # passed by name
