"""Arrow arrays of other libraries, read where they are in memory.

An object with Arrow's C interface goes in; buffers in a file's layout, or Python objects, come out.
"""
