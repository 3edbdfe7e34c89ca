"""Past months as series, for Prometheus and others to load."""
