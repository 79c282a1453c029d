"""The outside world as any program meets it: processes, git, files, locks, ports, the container engine.

Knows nothing of plugins and imports nothing of this package but its errors.
"""
