"""The HTTP API: one table of endpoints gives routing, decoding, OpenAPI and tests."""
