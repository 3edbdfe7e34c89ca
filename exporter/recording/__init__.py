"""Recordings of what GitHub answered, without names, secrets and real amounts."""
