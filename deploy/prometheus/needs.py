"""What the rules need of Prometheus."""

SCRAPE_MINUTES = 2
"""Longest interval of scrapes: one may fail before a sample is five minutes old."""

RETENTION_DAYS = 15
"""Days to keep: alerts look two weeks back."""

WORKFLOW_RETENTION_DAYS = 42
"""Days to keep for workflows: weeks that ended in the four weeks before the last."""
