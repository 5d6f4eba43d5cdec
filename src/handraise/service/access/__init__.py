"""Coming in: links, sessions, keys, OpenID Connect, passkeys, limits; and who may do what."""
