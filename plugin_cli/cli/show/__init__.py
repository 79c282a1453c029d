"""How results look on a terminal: tables, plots, log lines.

Results of the capabilities go in, text for a person leaves. Nothing here calls a backend or reads a file.
"""
