"""Grafana installed on this machine, as a process of the user's own beside whatever service runs from it.

Everything that it writes is in the session's folder.
"""
