"""Columns of lists, numpy, pandas, polars and Arrow.

Values of any kind go in; columns come out, or a FrameError that names the row.
"""
