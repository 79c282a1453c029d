"""Frames in Grafana's JSON format.

Checked frames go in and text comes out, and vice versa.
"""
