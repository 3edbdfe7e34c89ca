"""Grafana dashboards, as code."""
