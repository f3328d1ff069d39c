"""What is counted for Prometheus, and how long requests take."""

import time
from collections.abc import Callable, Iterator

from flask import Flask, Response, g, request
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64)


class Measures:
    """Counts of one application; a registry of its own, so that two do not mix."""

    def __init__(self) -> None:
        # When a count began doubles the answer, and nobody asks for it.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = Counter(
            "menagerie_http_requests",
            "Requests that were answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "menagerie_http_request_seconds",
            "How long answers took, from the first byte that the application saw.",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.under_way = Gauge(
            "menagerie_http_requests_under_way",
            "Requests that are being answered.",
            registry=self.registry,
        )
        self._predictions = Counter(
            "menagerie_predictions",
            "Photos that a model answered for; `none` where it named no class.",
            ["dataset", "label"],
            registry=self.registry,
        )
        self._refusals = Counter(
            "menagerie_refused_photos",
            "Photos that could not be used, by reason.",
            ["reason"],
            registry=self.registry,
        )
        self._batches = Histogram(
            "menagerie_batch_photos",
            "Photos that were put to a model at a time.",
            ["dataset"],
            buckets=_SIZES,
            registry=self.registry,
        )

    def batch(self, dataset: str, size: int) -> None:
        """Count a batch that is put to a model."""
        self._batches.labels(dataset).observe(size)

    def answered(self, dataset: str, label: str | None) -> None:
        """Count a photo that was answered."""
        self._predictions.labels(dataset, label or "none").inc()

    def refused(self, reason: str) -> None:
        """Count a photo that cannot be used."""
        self._refusals.labels(reason).inc()

    def watch_models(
        self, loaded: Callable[[], dict[str, str]], swaps: Callable[[], dict[str, int]]
    ) -> None:
        """Tell which models are loaded, and how often they were exchanged, when asked."""
        self.registry.register(_Models(loaded, swaps))


class _Models(Collector):
    def __init__(
        self, loaded: Callable[[], dict[str, str]], swaps: Callable[[], dict[str, int]]
    ) -> None:
        self._loaded, self._swaps = loaded, swaps

    def collect(self) -> Iterator[Metric]:
        """Look at the models now."""
        models = GaugeMetricFamily(
            "menagerie_model_loaded",
            "The model that answers for a dataset.",
            None,
            ["dataset", "model"],
        )
        for dataset, model in self._loaded().items():
            models.add_metric([dataset, model], 1)
        yield models
        swaps = CounterMetricFamily(
            "menagerie_model_swaps", "How often a model took another's place.", None, ["dataset"]
        )
        for dataset, times in self._swaps().items():
            swaps.add_metric([dataset], times)
        yield swaps


def measure(app: Flask, measures: Measures) -> None:
    """Count the requests of an application."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()
        measures.under_way.inc()

    @app.after_request
    def end(answer: Response) -> Response:
        # Addresses that are none would be labels without end.
        route = request.url_rule.rule if request.url_rule else "none"
        method = request.method if request.method in _METHODS else "other"
        measures.requests.labels(method, route, str(answer.status_code)).inc()
        if "began" in g:
            measures.seconds.labels(route).observe(time.perf_counter() - g.began)
        return answer

    @app.teardown_request
    def gone(_error: BaseException | None) -> None:
        if "began" in g:
            measures.under_way.dec()


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
