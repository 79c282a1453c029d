"""One plugin process: flags, handshake, standard streams, signals, shutdown.

Grafana's environment goes in; a handshake line and log lines come out. `_serving` handles the calls.
"""
