"""Grants: signed statements of what may be done once, and the tools that ask for them."""
