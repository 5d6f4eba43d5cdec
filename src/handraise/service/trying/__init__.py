"""Trying a table: its tests in files beside it, recorded from real decisions, and suggested."""
