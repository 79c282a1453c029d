"""Frames in Grafana's JSON format.

Checked frames go in and text leaves, and the other way round.
"""
