"""Grafana in a container in development mode, with this plugin allowed unsigned.

The repository's dist/, provisioning and compose file go in; a running container and its log leave.
"""
