"""The watch over what hangs: calls that do not return, a blocked or dead event loop.

Stacks and the tables of running calls go in; log lines with the author's line, refusals and, at last,
the reason to stop the process come out.
"""
