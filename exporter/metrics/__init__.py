"""Metrics, samples, readings, and the page that shows them."""
