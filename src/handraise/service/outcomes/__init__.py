"""Outcomes: what later turned out to be right, as files and programs tell it."""
