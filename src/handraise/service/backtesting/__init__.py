"""A table tried on the past: what it would have done to customers, to money and to people."""
