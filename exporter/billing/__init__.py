"""Rules of GitHub's billing: pure functions of payloads, without I/O."""
