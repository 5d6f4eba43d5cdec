"""Channels: small adapters that take words to a person, or say why they could not."""
