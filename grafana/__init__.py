"""Grafana dashboards as code; `python -m scripts.generate` writes their JSON."""
