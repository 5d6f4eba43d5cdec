"""Calibrating: from labelled decisions to a threshold with a promise, and into the table."""
