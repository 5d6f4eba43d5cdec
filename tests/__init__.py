"""The tests; a package of their own, as others install a `tests` too."""
