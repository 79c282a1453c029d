"""Frames in Arrow's IPC format, written and read with the standard library alone.

Checked frames go in and bytes come out, and vice versa.
"""
