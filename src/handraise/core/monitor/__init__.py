"""Watching an operation: tests that may be looked at every minute, and what their alarms say.

Nothing here needs more than the standard library: the worker inside an agent's process watches too.
"""
