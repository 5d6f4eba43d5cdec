"""The people: here or away, reachable, willing; how they stand and what they are asked to."""
