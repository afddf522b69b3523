"""The turns of two servers at the same work, side by side."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from benchmarks.turns import Turn


@dataclass(frozen=True, slots=True)
class Row:
    """The turns of one server at one workload, and those it is compared with."""

    turns: Sequence[Turn]
    others: Sequence[Turn]

    def head(self) -> list[str]:
        """Return what it is about: workload, connections, server."""
        turn = self.turns[0]
        return [turn.workload, str(turn.connections), turn.server]

    def median(self, form: str, figure: Callable[[Turn], float]) -> str:
        """Return the median of a figure, or a dash if there is none."""
        value = median(map(figure, self.turns))
        return "-" if math.isnan(value) else form.format(value)

    def total(self, figure: Callable[[Turn], int]) -> str:
        """Return the sum of a figure."""
        return f"{sum(map(figure, self.turns)):,}"

    def find_ratio(self, figure: Callable[[Turn], float]) -> float | None:
        """Return how many times the others' figure this one is, if there are both."""
        own = median(map(figure, self.turns))
        base = median(map(figure, self.others)) if self.others else 0
        return own / base if own and base else None

    def ratio(self, figure: Callable[[Turn], float]) -> str:
        """Return this ratio, or nothing."""
        ratio = self.find_ratio(figure)
        return "" if ratio is None else f"{ratio:.2f}"


def compare(turns: Sequence[Turn], servers: Sequence[str]) -> Iterator[Row]:
    """Put each server below the other; the first is compared with the last."""
    for _, group in groupby(turns, lambda turn: (turn.workload, turn.connections)):
        case = list(group)
        by_server = [[turn for turn in case if turn.server == s] for s in servers]
        for number, own in enumerate(by_server):
            first_of_two = number == 0 and len(servers) > 1
            yield Row(own, by_server[-1] if first_of_two else [])
