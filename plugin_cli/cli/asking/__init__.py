"""Where the answers of `create` come from: flags, files, questions on a terminal; templates of others."""
