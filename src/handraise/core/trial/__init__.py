"""A table tried on cases: how each goes, what none of them reaches, which ones are missing."""
