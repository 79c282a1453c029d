"""Keeps one backend process running for a development session, and replaces it when the author saves.

In: how the backend is launched, and the front that passes calls on to it (the preview's bridge, or the splice
before Grafana). Out: one `BackendStatus` after the other, to whoever subscribes.
"""
