"""Keeps one backend process running from source and replaces it when its code changes.

Saved files go in; calls always reach a backend, be it one that answers why the code cannot load.
"""
