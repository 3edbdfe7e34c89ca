"""Refusals: when to retry them early."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from exporter.github import auth
from exporter.github.client import Client
from exporter.polling.job import Job
from exporter.polling.watched import Watched


class _Shown(NamedTuple):
    version: int
    renewed: datetime | None


class Credentials:
    """Notices each new secret and token once, and makes the jobs that wait for it due."""

    def __init__(self) -> None:
        self._shown: dict[Client, _Shown] = {}

    def notice(self, accounts: Iterable[Watched], now: datetime) -> None:
        """Make the jobs due that a new secret, or a new token of a GitHub App, may fix."""
        clients = {job.client for watched in accounts for job in watched.jobs}
        # An App has many clients but one secret: read it once.
        secrets = {client.credential.name: client.credential for client in clients}
        versions = {name: secret.version for name, secret in secrets.items()}
        before, self._shown = self._shown, {}
        changed: set[Client] = set()
        for client in clients:
            credential = client.credential
            shown = self._shown[client] = _Shown(versions[credential.name], credential.renewed)
            known = before.get(client, shown)
            if shown != known:
                changed.add(client)
            if shown.version != known.version:
                client.pacing.unblock()
        if not changed:
            return
        for watched in accounts:
            for job in watched.heads():
                if job.client in changed:
                    self._ask_again(watched, job, before[job.client].version, now)

    def _ask_again(self, watched: Watched, job: Job, version: int, now: datetime) -> None:
        shown = self._shown[job.client]
        if shown.version != version:
            ask_with_another_secret(watched, job, now)
        elif shown.renewed is not None and any(
            each.was_refused_before(shown.renewed) for each in watched.asked_together(job)
        ):
            # A younger token may be refused only because it is young.
            job.due = min(job.due, max(now, shown.renewed + auth.YOUTH))


def ask_with_another_secret(watched: Watched, job: Job, now: datetime) -> None:
    """Make a job due if a new secret may change GitHub's answer."""
    if any(each.waits_for_credential for each in watched.asked_together(job)):
        job.not_offered_in_row, job.due = 0, now


def ask_after_recovery(watched: Watched, recovered: Job, now: datetime) -> None:
    """Make the account's other refused jobs due: they may have had the same cause."""
    watched.recovered = now
    for job in watched.heads():
        if job is not recovered and job.is_refused:
            job.due = min(job.due, now)
