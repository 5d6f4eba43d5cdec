"""An escalation system for AI agents: three conditions, named humans, nothing goes silent."""

__version__ = "0.1.0"
