"""The worker: what it does in each cycle, and the escalations it moves."""
