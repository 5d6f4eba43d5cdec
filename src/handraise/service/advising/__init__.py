"""Advice: what was seen speaks for a change of a table; a person takes it up or declines it."""
