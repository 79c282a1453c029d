"""Where the answers of `create` come from: flags, answers files, questions on a terminal, templates of others."""
