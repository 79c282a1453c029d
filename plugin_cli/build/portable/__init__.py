"""Makes a Linux bundle independent of its host: its own loader and C library behind a static launcher.

A folder that runs here goes in; one that runs on any kernel of that architecture leaves.
"""
