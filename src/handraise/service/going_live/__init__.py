"""Go-live: what must be green, who signs, what lapses, and how one version follows another."""
