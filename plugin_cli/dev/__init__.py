"""The edit loop: the plugin in Grafana or in the preview, its backend replaced at every save.

A plugin repository goes in; a running session leaves, which `down`, `status` and `logs` find again.
"""
