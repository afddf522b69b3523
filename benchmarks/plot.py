"""Ratios as a plot: an SVG that is read by itself, in light and in dark."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH: Final = 800
_LABELS: Final = 170
_MARGIN: Final = 56
_HEADER: Final = 84
_FOOTER: Final = 62
_BAR: Final = 11
_ROW: Final = 34
_RIGHT: Final = _WIDTH - _MARGIN

_STYLE: Final = """
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 }
  .small { font-size: 11px; fill: #59636e }
  .paper { fill: #ffffff }
  .grid { stroke: #d1d9e0 }
  .one { stroke: #1f2328; stroke-width: 2 }
  .s0 { fill: #0969da }
  .s1 { fill: #bc4c00 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .small { fill: #9198a1 }
    .paper { fill: #0d1117 }
    .grid { stroke: #3d444d }
    .one { stroke: #f0f6fc }
    .s0 { fill: #4493f8 }
    .s1 { fill: #db6d28 }
  }
"""


@dataclass(frozen=True, slots=True)
class Bars:
    """What is compared, and one ratio for each series; none if there is no such."""

    label: str
    ratios: Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Bars to both sides of a line at 1, on a logarithmic axis."""

    title: str
    subtitle: str
    axis: str
    rows: str
    series: Sequence[str]
    bars: Sequence[Bars]

    def render(self) -> str:
        """Return it as SVG."""
        height = self._bottom + _FOOTER
        size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size}>',
                f"<title>{escape(self.title)}</title>",
                f"<style>{_STYLE}</style>",
                f'<rect class="paper" width="{_WIDTH}" height="{height}"/>',
                _text(16, 26, self.title, "title"),
                _text(16, 44, self.subtitle, "small"),
                _text(_LABELS - 8, 70, self.rows, "small", "end"),
                *self._legend(),
                *self._grid(),
                *self._all_bars(),
                _line(self._x(1), _HEADER, self._bottom, "one"),
                _text((_LABELS + _RIGHT) / 2, height - 16, self.axis, at="middle"),
                "</svg>",
                "",
            ]
        )

    @property
    def _bottom(self) -> int:
        return _HEADER + len(self.bars) * _ROW

    @property
    def _ends(self) -> tuple[int, int]:
        """Return the powers of two that all ratios are between."""
        logs = [math.log2(r) for one in self.bars for r in one.ratios if r]
        return math.floor(min([-1.0, *logs])), math.ceil(max([1.0, *logs]))

    def _x(self, ratio: float) -> float:
        low, high = self._ends
        left = _LABELS + _MARGIN
        share = (math.log2(ratio) - low) / (high - low)
        return left + share * (_RIGHT - left)

    def _legend(self) -> Iterator[str]:
        for number, name in enumerate(self.series):
            x = _LABELS + _MARGIN + number * 100
            yield _bar(x, 60, _BAR, number)
            yield _text(x + _BAR + 6, 70, name)

    def _grid(self) -> Iterator[str]:
        low, high = self._ends
        for power in range(low, high + 1):
            x = self._x(2**power)
            yield _line(x, _HEADER, self._bottom, "grid")
            yield _text(x, self._bottom + 18, f"{2.0**power:g}", at="middle")

    def _all_bars(self) -> Iterator[str]:
        for place, one in enumerate(self.bars):
            top = _HEADER + place * _ROW
            yield _text(_LABELS - 8, top + _ROW / 2 + 4, one.label, at="end")
            present = [(n, r) for n, r in enumerate(one.ratios) if r]
            y = top + (_ROW - len(present) * (_BAR + 1)) / 2
            for number, ratio in present:
                yield from self._draw_bar(y, number, ratio)
                y += _BAR + 1

    def _draw_bar(self, y: float, number: int, ratio: float) -> Iterator[str]:
        one, end = self._x(1), self._x(ratio)
        yield _bar(min(one, end), y, abs(end - one), number)
        beside, at = (end + 4, "start") if ratio >= 1 else (end - 4, "end")
        yield _text(beside, y + _BAR - 1, f"{ratio:.2f}", "small", at)


def _text(x: float, y: float, content: str, kind: str = "", at: str = "start") -> str:
    named = f' class="{kind}"' if kind else ""
    where = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{at}"'
    return f"<text{named} {where}>{escape(content)}</text>"


def _line(x: float, top: float, bottom: float, kind: str) -> str:
    return f'<path class="{kind}" d="M{x:.1f} {top:.1f}V{bottom:.1f}"/>'


def _bar(x: float, y: float, width: float, number: int) -> str:
    where = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{_BAR}"'
    return f'<rect class="s{number}" {where}/>'
