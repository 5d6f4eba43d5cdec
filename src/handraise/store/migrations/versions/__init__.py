"""The revisions; each file begins with its number."""
