"""A plot as inline SVG: small enough for a report, and drawn without a plotting library on the box."""

from html import escape

from sotdae_provisioning.device.walk.result import Plot

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 124, 12, 16, 36
GRID = 3


def svg(plot: Plot, title: str, along: str) -> str:
    """Return the plot; `title` names the value, `along` the horizontal axis. Holes stay holes."""
    known = [value for value in plot.values if value is not None]
    if len(known) < 2 or len(plot.at_s) != len(plot.values):
        return ""
    scale = _Scale.of(plot, known)
    parts = [f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">']
    parts += scale.grid(plot.unit)
    if plot.limit is not None and scale.low <= plot.limit <= scale.high:
        y = scale.y(plot.limit)
        parts.append(f'<line class="limit" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
    parts += [f'<path d="{run}"/>' for run in scale.runs(plot)]
    parts.append(f'<text x="{LEFT}" y="{HEIGHT - 6}">{escape(_number(scale.first))}</text>')
    end = f"{_number(scale.last)} {along}"
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 6}" text-anchor="end">{escape(end)}</text>')
    return "".join([*parts, "</svg>"])


class _Scale:
    def __init__(self, first: float, last: float, low: float, high: float) -> None:
        self.first, self.last, self.low, self.high = first, last, low, high

    @classmethod
    def of(cls, plot: Plot, known: list[float]) -> "_Scale":
        low, high = min(known), max(known)
        if plot.limit is not None and plot.limit <= 4 * high:
            high = max(high, plot.limit)
        room = (high - low) * 0.08 or max(abs(high) * 0.1, 0.5)
        floor = low - room if low < 0.0 else max(0.0, low - room)
        return cls(plot.at_s[0], plot.at_s[-1], floor, high + room)

    def x(self, at: float) -> float:
        span = (self.last - self.first) or 1.0
        return LEFT + (at - self.first) / span * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return TOP + (self.high - value) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM)

    def grid(self, unit: str) -> list[str]:
        lines = []
        for number in range(GRID):
            value = self.low + (self.high - self.low) * number / (GRID - 1)
            y = self.y(value)
            label = f"{_number(value)} {unit}" if number == GRID - 1 else _number(value)
            lines.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            lines.append(f'<text x="{LEFT - 6}" y="{y + 5:.1f}" text-anchor="end">{escape(label)}</text>')
        return lines

    def runs(self, plot: Plot) -> list[str]:
        found: list[str] = []
        pen = "M"
        for at, value in zip(plot.at_s, plot.values, strict=True):
            if value is None:
                pen = "M"
                continue
            point = f"{pen}{self.x(at):.1f} {self.y(value):.1f}"
            if pen == "M":
                found.append(point)
            else:
                found[-1] += point
            pen = "L"
        return found


def _number(value: float) -> str:
    return f"{value:.3g}"
