"""Figures: right across processes, in Prometheus' own words."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import prometheus_client.values
import pytest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families

from notifier.metrics import Metrics

_COUNT = """
import sys
from pathlib import Path
from notifier.metrics import Metrics

metrics = Metrics(Path(sys.argv[1]))
metrics.events.labels("push").inc(2)
metrics.delivery_latency_seconds.observe(0.02)
"""


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the library count as it did before."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    kept = prometheus_client.values.ValueClass
    yield
    prometheus_client.values.ValueClass = kept


def _samples(figures: bytes) -> dict[str, float]:
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in text_string_to_metric_families(figures.decode())
        for sample in family.samples
    }


def test_a_process_alone_counts_for_itself() -> None:
    metrics = Metrics(None)
    metrics.events.labels("push").inc()
    Metrics(None).events.labels("push").inc()

    samples = _samples(metrics.render())

    assert samples["notifier_events_total[('action', 'push')]"] == 1


def test_a_process_without_room_for_its_figures_lives_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "posix_fallocate", refuse)
        poor = Metrics(tmp_path)
    poor.events.labels("push").inc()
    poor.close()

    assert list(tmp_path.iterdir()) == []
    subprocess.run([sys.executable, "-c", _COUNT, tmp_path], check=True)
    samples = _samples(poor.render())
    assert samples["notifier_events_total[('action', 'push')]"] == 2


def test_processes_that_share_a_directory_count_together(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path)
    metrics.events.labels("push").inc()
    for _ in range(2):
        subprocess.run([sys.executable, "-c", _COUNT, tmp_path], check=True)

    samples = _samples(metrics.render())

    assert samples["notifier_events_total[('action', 'push')]"] == 5
    assert samples["notifier_delivery_latency_seconds_count[]"] == 2
    assert samples["notifier_delivery_latency_seconds_bucket[('le', '0.025')]"] == 2


def test_who_comes_goes_on_where_one_left_off(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path)
    for _ in range(5):
        subprocess.run([sys.executable, "-c", _COUNT, tmp_path], check=True)

    samples = _samples(metrics.render())

    assert samples["notifier_events_total[('action', 'push')]"] == 10
    # Of this process, and of those that were there one after the other.
    assert len(list(tmp_path.iterdir())) == 4


def test_a_gauge_is_what_it_is_just_now(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path)

    figures = metrics.render(GaugeMetricFamily("notifier_depth", "How deep.", 3))

    assert _samples(figures)["notifier_depth[]"] == 3


def test_a_process_lets_go_of_its_files(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    metrics = Metrics(tmp_path)
    metrics.events.labels("push").inc()

    metrics.close()

    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert b'action="push"} 1.0' in metrics.render()


def test_without_files_there_is_nothing_to_let_go_of() -> None:
    metrics = Metrics(None)

    metrics.close()

    metrics.events.labels("push").inc()
