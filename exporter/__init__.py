"""GitHub's bill as Prometheus metrics."""

__version__ = "0.1.0"

REVISION_VARIABLE = "GITHUB_BILLING_EXPORTER_REVISION"
"""Of the revision that an image was built from."""
