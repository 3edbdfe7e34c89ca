"""A Prometheus exporter for GitHub billing."""

__version__ = "0.1.0"

REVISION_VARIABLE = "GITHUB_BILLING_EXPORTER_REVISION"
"""Name of the variable with the revision that an image was built from."""
