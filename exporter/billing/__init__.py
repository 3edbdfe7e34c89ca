"""Meaning of GitHub's billing: pure functions of payloads, no I/O."""
