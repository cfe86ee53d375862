"""Lines as the server draws them: plain numbers in, coordinates out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Point = tuple[float, float]
LEFT, RIGHT, TOP, BOTTOM = 26, 258, 14.0, 162.0  # of a picture of 284 by 192
HEAT = (5, 8, 12, 16, 22)  # percent late from which a cell is one shade darker
FEW = 10  # a share of fewer parcels says nothing


@dataclass(frozen=True, slots=True)
class Chart:
    """Shares per day as a line, with the line of the period before behind it."""

    grid: tuple[tuple[float, int], ...]  # height, percent
    goal: float
    now: str
    before: str
    last: Point | None
    last_label: str
    dots: tuple[Point, ...]  # days that stand alone between days without parcels
    is_rising: bool = False

    @property
    def label_place(self) -> tuple[float, float, str]:
        """Where the last value is written: left of its point at the right edge, on the side the line does not come from."""
        if self.last is None:
            return (0, 0, "end")
        x, y = self.last
        is_above = self.is_rising or y > BOTTOM - 16
        return (x - 8 if x > 60 else x, y - 9 if is_above else y + 14, "end" if x > 60 else "start")


def chart(now: Sequence[float | None], before: Sequence[float | None], goal: float) -> Chart:
    """Shares (0 to 1, None: no parcels) day by day; the newest stand right. The scale fits the values, whole even percents."""
    values = [value * 100 for value in (*now, *before) if value is not None] + [goal * 100]
    low, high = _scale(min(values), max(values))
    step = max(2, (high - low) // 4)

    def height(percent: float) -> float:
        return round(BOTTOM - (percent - low) * (BOTTOM - TOP) / (high - low), 1)

    points = _points(now, height)
    shown = [(place, value) for place, value in zip(points, now, strict=True) if place is not None and value is not None]
    return Chart(
        grid=tuple((height(percent), percent) for percent in range(low, high + 1, step)),
        goal=height(goal * 100),
        now=_path(points),
        before=_path(_points(before, height)),
        last=shown[-1][0] if shown else None,
        last_label=f"{shown[-1][1] * 100:.1f}" if shown else "",
        dots=_alone(points),
        is_rising=len(shown) > 1 and shown[-1][1] > shown[-2][1],
    )


def _scale(low: float, high: float) -> tuple[int, int]:
    bottom = max(0, 2 * int((low - 1) // 2))
    top = min(100, 2 * -int(-(high + 1) // 2))
    while (top - bottom) % 8 and bottom > 0:
        bottom -= 2
    return (bottom, top) if top - bottom >= 8 else (max(0, top - 8), max(8, top))


def _points(values: Sequence[float | None], height: Callable[[float], float]) -> list[Point | None]:
    step = (RIGHT - LEFT) / max(1, len(values) - 1)
    return [None if value is None else (round(LEFT + step * place, 1), height(value * 100)) for place, value in enumerate(values)]


def _path(points: Sequence[Point | None]) -> str:
    """A path that breaks where there is nothing to show."""
    parts, is_down = [], False
    for point in points:
        if point is not None:
            parts.append(f"{'L' if is_down else 'M'}{point[0]} {point[1]}")
        is_down = point is not None
    return " ".join(parts)


def _alone(points: Sequence[Point | None]) -> tuple[Point, ...]:
    padded = [None, *points, None]
    return tuple(
        point for before, point, after in zip(padded, padded[1:], padded[2:], strict=False) if point and before is None and after is None
    )


def spark(values: Sequence[float | None]) -> tuple[str, Point | None]:
    """A line of 60 by 24 without any scale, and its last point."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return "", None
    low, span = min(known), (max(known) - min(known)) or 1
    step = 58 / (len(known) - 1)
    points = [(round(1 + step * place, 1), round(22 - (value - low) * 20 / span, 1)) for place, value in enumerate(known)]
    return "M" + " ".join(f"{x} {y}" for x, y in points), points[-1]


def heat(share: float | None) -> int:
    """The shade of a cell, 0 to 5."""
    return sum((share or 0) * 100 >= edge for edge in HEAT)
