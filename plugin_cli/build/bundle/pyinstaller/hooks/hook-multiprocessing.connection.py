# Connections that speak XML instead of pickle, for programs that ask for them; nobody does.
excludedimports = ["xmlrpc", "xmlrpc.client"]
