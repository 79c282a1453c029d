"""From what authors return to frames: numpy, pandas, polars, Arrow, rows, dicts.

Anything tabular goes in; fields leave, or a FrameError that names the column.
"""
