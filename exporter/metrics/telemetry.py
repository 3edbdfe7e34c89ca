"""Live metrics of the process, in their own registry."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime

import prometheus_client as prometheus

from exporter.metrics import catalogue
from exporter.metrics.model import Metric


class Telemetry:
    """Live metrics; failures, by ``reasons``, and missed polls start at 0 for collectors in use.

    ``process`` adds ``process_*`` and ``python_*``; a textfile must not have them.
    """

    def __init__(self, reasons: Iterable[str], *, process: bool = True) -> None:
        prometheus.disable_created_metrics()  # type: ignore[no-untyped-call]  # untyped in prometheus_client
        self.registry = prometheus.CollectorRegistry()
        self._failures = self._counter(catalogue.COLLECTOR_FAILURES)
        self._missed = self._counter(catalogue.POLLS_MISSED)
        self._requests = self._counter(catalogue.API_REQUESTS)
        duration = catalogue.API_REQUEST_DURATION
        self._durations = prometheus.Histogram(
            duration.name, duration.help, duration.labels, registry=self.registry
        )
        self._limit = self._gauge(catalogue.API_RATE_LIMIT)
        self._remaining = self._gauge(catalogue.API_RATE_LIMIT_REMAINING)
        self._reset = self._gauge(catalogue.API_RATE_LIMIT_RESET)
        self._expiration = self._gauge(catalogue.CREDENTIAL_EXPIRATION)
        self._lines_dropped = self._counter(catalogue.LOG_LINES_DROPPED)
        self._state: prometheus.Gauge | None = None
        self._shards: prometheus.Gauge | None = None
        self.reload_failed = False
        self._reload: tuple[prometheus.Gauge, prometheus.Gauge] | None = None
        self._reasons = tuple(reasons)
        if process:
            for kind in (
                prometheus.ProcessCollector,
                prometheus.PlatformCollector,
                prometheus.GCCollector,
            ):
                kind(registry=self.registry)

    def expect(self, collectors: Iterable[str]) -> None:
        """Start the counters of these collectors at 0, unless they have started."""
        for collector in collectors:
            self._missed.labels(collector)
            for reason in self._reasons:
                self._failures.labels(collector, reason)

    def failed(self, collector: str, reason: str) -> None:
        self._failures.labels(collector, reason).inc()

    def missed(self, collector: str, polls: int) -> None:
        self._missed.labels(collector).inc(polls)

    def requested(self, endpoint: str, status: str, seconds: float) -> None:
        self._requests.labels(endpoint, status).inc()
        self._durations.labels(endpoint, status).observe(seconds)

    def limited(self, credential: str, limit: int, remaining: int, reset: datetime) -> None:
        self._limit.labels(credential).set(limit)
        self._remaining.labels(credential).set(remaining)
        self._reset.labels(credential).set(reset.timestamp())

    def expires(self, credential: str, at: datetime | None) -> None:
        """Set when the credential expires, or remove it if None."""
        if at is not None:
            self._expiration.labels(credential).set(at.timestamp())
        else:
            with suppress(KeyError):
                self._expiration.remove(credential)

    def forget(self, credential: str) -> None:
        """Remove the limits and the expiry of a credential that is no longer in use."""
        for gauge in (self._limit, self._remaining, self._reset, self._expiration):
            with suppress(KeyError):
                gauge.remove(credential)

    def line_dropped(self) -> None:
        self._lines_dropped.inc()

    def remembered(self, at: datetime | None) -> None:
        """Set when the state file was written; 0 if None."""
        if self._state is None:
            self._state = self._gauge(catalogue.STATE_LAST_SUCCESS)
        self._state.set(at.timestamp() if at else 0)

    def sharded(self, shard: tuple[int, int] | None) -> None:
        """Export which shard this process is, and of how many; nothing if None."""
        if self._shards is None and shard:
            self._shards = self._gauge(catalogue.SHARDS)
        if self._shards is not None:
            self._shards.clear()
            if shard:
                index, count = shard
                self._shards.labels(index).set(count)

    def reloaded(self, at: datetime | None) -> None:
        """Set when settings were last loaded, or that they could not be reloaded if None."""
        if self._reload is None:
            self._reload = (
                self._gauge(catalogue.CONFIG_RELOAD_SUCCESSFUL),
                self._gauge(catalogue.CONFIG_RELOAD_SUCCESS_TIMESTAMP),
            )
        successful, timestamp = self._reload
        successful.set(at is not None)
        self.reload_failed = at is None
        if at is not None:
            timestamp.set(at.timestamp())

    def web_config(self, taken: Callable[[], bool]) -> None:
        """Export whether the web configuration file is in effect, by ``taken`` at each scrape."""
        self._gauge(catalogue.WEB_CONFIG_RELOAD_SUCCESS).set_function(taken)

    def _counter(self, metric: Metric) -> prometheus.Counter:
        return prometheus.Counter(metric.name, metric.help, metric.labels, registry=self.registry)

    def _gauge(self, metric: Metric) -> prometheus.Gauge:
        return prometheus.Gauge(metric.name, metric.help, metric.labels, registry=self.registry)
