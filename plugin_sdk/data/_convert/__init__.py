"""Columns from what authors hold: lists, numpy, pandas, polars, Arrow.

Values of any kind go in; columns leave, or a FrameError that names the row.
"""
