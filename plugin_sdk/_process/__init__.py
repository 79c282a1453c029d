"""One plugin process: flags, handshake, standard streams, signals, its end.

Grafana's environment goes in; a handshake line and log lines leave. `_serving` answers the calls.
"""
