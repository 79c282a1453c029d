"""Evaluates the provisioned alert rules as Grafana does.

Rules and query results go in; states over time leave.
"""
