"""Plots of ratios."""

import re

from benchmarks.plot import Bars, Plot


def bars_of(*ratios: float | None) -> list[tuple[float, float]]:
    """Draw bars of one series; return where each begins and ends, and the line at 1."""
    plot = Plot(
        title="ours & theirs",
        subtitle="a <machine>",
        axis="more is better",
        rows="workload",
        series=("done",),
        bars=[Bars(f"row {n}", [ratio]) for n, ratio in enumerate(ratios)],
    )
    drawn = plot.render()
    [one] = map(float, re.findall(r'class="one" d="M([\d.]+) ', drawn))
    places = re.findall(r'class="s0" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', drawn)
    # The first of the series is its mark in the legend.
    return [(float(x) - one, float(x) + float(width) - one) for x, width in places[1:]]


def test_twice_as_much_is_as_far_from_the_line_as_half_as_much() -> None:
    [twice, half] = bars_of(2.0, 0.5)

    assert twice[0] == 0
    assert half[1] == 0
    assert twice[1] == -half[0] > 0


def test_what_has_no_ratio_has_no_bar() -> None:
    assert len(bars_of(1.5, None, 3.0)) == 2


def test_no_bar_leaves_the_plot() -> None:
    for begin, end in bars_of(0.01, 100.0):
        assert -800 < begin <= end < 800
