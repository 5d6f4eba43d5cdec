"""Audits: which decisions taken alone people look at afterwards, what they say, what it says."""
