"""The services of Grafana's plugin protocol and of go-plugin, one module each.

A decoded request goes in, the author's handler runs, the response comes out.
"""
