"""The HTTP face: an API for agents and people, and the pages on which people answer."""
