"""What runs on this machine for a plugin repository: who owns it, at which address, with which log.

One folder a repository in the user's cache, 0700. `dev` writes it; the calls, `status` and `doctor` read it.
"""
