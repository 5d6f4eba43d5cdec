"""The example operation: a support agent, its requests, its people and their routing table."""
