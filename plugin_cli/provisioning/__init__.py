"""The data sources of provisioning/, read as Grafana reads them.

YAML and the environment go in; settings with `$VAR`, `$__env{}` and `$__file{}` filled in leave.
"""
