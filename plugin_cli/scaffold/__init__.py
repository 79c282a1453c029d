"""A plugin repository from templates: create it, add to it, bring it to the current templates.

Answers and templates go in; a whole repository, or nothing, leaves.
"""
