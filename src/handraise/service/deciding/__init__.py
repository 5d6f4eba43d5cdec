"""The gate at work, embedded and over HTTP: decisions judged, stops made durable, watched work."""
