"""What GitHub's billing means: pure functions of payloads, no I/O."""
