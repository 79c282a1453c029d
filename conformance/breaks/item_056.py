"""Every failure to make an instance is a query's error."""

from plugin_sdk._serving.services import data

data.PluginError = Exception
