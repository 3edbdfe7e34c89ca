"""Requests per hour that the settings need, and that GitHub allows."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from operator import itemgetter
from statistics import fmean

from exporter.app import App
from exporter.github.client import Client
from exporter.github.errors import RateLimited
from exporter.metrics.page import JobFacts
from exporter.polling.job import Job
from exporter.polling.watched import Watched


@dataclass(frozen=True, slots=True)
class Rates:
    """Requests per hour of each client of a credential, of the ``limit`` of each."""

    of_client: Mapping[Client, float]
    limit: int | None

    @property
    def total(self) -> float:
        return sum(self.of_client.values())

    def warning(self, app: App) -> str:
        """Return a warning if they exceed the limit, else an empty string."""
        if self.limit is None or not self.of_client:
            return ""
        # Each installation of an App has its own limit.
        client, most = max(self.of_client.items(), key=itemgetter(1))
        if most <= self.limit:
            return ""
        number = sum(any(job.client is client for job in w.jobs) for w in app.poller.accounts)
        return (
            f"{most:.0f} requests per hour of the {self.limit} that GitHub allows: too many. The "
            f"limit is enough for about {int(number * self.limit / most)} of {number} accounts: "
            "raise poll.interval, or divide the accounts among several credentials"
        )


class Estimate:
    """Estimates the requests per hour from one attempt of every job."""

    def __init__(self, app: App) -> None:
        took = defaultdict[str, list[int]](list)
        for watched in app.poller.accounts:
            for job in watched.jobs:
                if job.requests:
                    took[job.collector.name].append(job.requests)
        self._app = app
        self._usual = {name: fmean(requests) for name, requests in took.items()}
        self._found = defaultdict[str, dict[Client, float]](dict)

    def add(self, watched: Watched, job: Job, facts: JobFacts) -> float:
        """Return the requests per hour of a job, and add them to those of its client."""
        an_hour = self._of_job(watched, job, facts)
        of_client = self._found[job.client.credential.name]
        of_client[job.client] = of_client.get(job.client, 0.0) + an_hour
        return an_hour

    def rates(self, credential: str) -> Rates:
        seen = self._app.seen.get(credential)
        limit = seen.rate_limit.limit if seen and seen.rate_limit else None
        return Rates(self._found[credential], limit)

    def _of_job(self, watched: Watched, job: Job, facts: JobFacts) -> float:
        if facts.standing_by:
            return 0.0
        # Unavailable collectors are eventually polled once a day, unless they decide the platform.
        a_day = facts.known.available is False and not watched.in_group(job)
        unasked = job.requests == 0 and facts.failure == RateLimited.reason
        requests = self._usual.get(job.collector.name, 1.0) if unasked else job.requests
        return requests * (timedelta(hours=1) / (timedelta(days=1) if a_day else facts.interval))
