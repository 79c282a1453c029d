"""The command line: one module a command, options mapped to one call of a capability.

Words typed by a person go in; results leave on stdout, status and errors on stderr, with an exit code.
"""
