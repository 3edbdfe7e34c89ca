"""Accounts in situations that the demo lacks, each as a Prometheus would have scraped it.

The real exporter polls the simulated GitHub in virtual time; see `every` for the situations.
"""

from tests.support.situations.every import EVERY, SMALL
from tests.support.situations.remembered import remember, remembered, running
from tests.support.situations.situation import Situation

__all__ = ["EVERY", "SMALL", "Situation", "remember", "remembered", "running"]
