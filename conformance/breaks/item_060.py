"""Settings that changed are not looked at."""

from plugin_sdk import instances

identity = instances._identity
instances._identity = lambda context, tenant: (identity(context, tenant)[0], (0,))
