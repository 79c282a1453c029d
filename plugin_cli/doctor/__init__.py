"""What this machine lacks, and why a backend did not start.

The machine, or the log of a failed start, goes in; findings with remedies leave.
"""
