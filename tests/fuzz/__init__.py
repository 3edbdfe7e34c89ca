"""Fuzzed input; ``corpus/`` keeps useful examples and every input that found a bug."""
