"""Refusals: when what GitHub refused is worth asking again before its time."""

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
    """Notices each new secret and token once, and lets the jobs that wait for it be due."""

    def __init__(self) -> None:
        self._shown: dict[Client, _Shown] = {}

    def notice(self, accounts: Iterable[Watched], now: datetime) -> None:
        """Let the jobs be due that a new secret, or a new token of a GitHub App, may open."""
        clients = {job.client for watched in accounts for job in watched.jobs}
        # An App has many clients, whose one secret is read once.
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
            # A younger token may be refused for no other reason.
            job.due = min(job.due, max(now, shown.renewed + auth.YOUTH))


def ask_with_another_secret(watched: Watched, job: Job, now: datetime) -> None:
    """Let a job be due if another secret may change what GitHub says to it."""
    if any(each.waits_for_credential for each in watched.asked_together(job)):
        job.not_offered_in_row, job.due = 0, now


def ask_after_recovery(watched: Watched, recovered: Job, now: datetime) -> None:
    """Let the account's other refused jobs be due: they may share a cause that is gone."""
    watched.recovered = now
    for job in watched.heads():
        if job is not recovered and job.is_refused:
            job.due = min(job.due, now)
