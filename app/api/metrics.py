"""What the server tells Prometheus: requests, how long they took, and how well the cache works."""

from __future__ import annotations

import time
from collections.abc import Iterator

from flask import Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from app import loader
from pipeline.errors import PackscopeError

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Bounds of the histogram of latencies [s]."""
_BEGUN = "_packscope_begun"


class _State(Collector):
    """Read when it is asked for: the cache's counts, and the build that is served."""

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily | InfoMetricFamily]:
        """Yield what is known now."""
        hits, misses = loader.stats()
        yield CounterMetricFamily("packscope_cache_hits", "Answers found in the cache.", value=hits)
        yield CounterMetricFamily("packscope_cache_misses", "Answers that had to be computed.", value=misses)
        reached = int(loader.is_cache_reached())
        yield GaugeMetricFamily("packscope_cache_reached", "Whether the cache can be reached (1 or 0).", value=reached)
        labels = {"build_id": build_id() or "", "version": loader.VERSION}
        yield InfoMetricFamily("packscope_build", "The build that is served.", value=labels)

    def describe(self) -> list[CounterMetricFamily]:
        """Describe nothing beforehand: collecting needs a running server."""
        return []


class Metrics:
    """The measures of one server."""

    def __init__(self, server: Flask) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_State())
        names = ["route", "method", "status"]
        self._requests = Counter("packscope_requests", "Requests answered.", names, registry=self.registry)
        self._seconds = Histogram(
            "packscope_request_seconds", "Time to an answer [s].", ["route"], buckets=BUCKETS_S, registry=self.registry
        )
        server.before_request(self._begin)
        server.after_request(self._end)

    def _begin(self) -> None:
        setattr(g, _BEGUN, time.perf_counter())

    def _end(self, response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule is not None else "none"
        method = request.method if request.method in ("GET", "HEAD", "POST", "OPTIONS") else "other"
        self._requests.labels(route, method, str(response.status_code)).inc()
        begun: float | None = getattr(g, _BEGUN, None)
        if begun is not None:
            self._seconds.labels(route).observe(time.perf_counter() - begun)
        return response

    def text(self) -> Response:
        """Write everything in Prometheus' text format."""
        return Response(generate_latest(self.registry), content_type=CONTENT_TYPE_LATEST)


def build_id() -> str | None:
    """Id of the build that is served; None where there is none, or it cannot be read."""
    try:
        return loader.current().build_id
    except PackscopeError:
        return None
