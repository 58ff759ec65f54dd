"""Curves over the twelve months: what was reached against what was meant, labelled at their ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from portal.reports.charts.drawing import ACTUAL, EARLIER, HAIR, INK, INK2, INK3, MONTHS, Drawing, Point, round_top
from portal.reports.said import said

MAKES = {"actual": (ACTUAL, 0.85), "plan": (INK3, 0.4), "spent": (EARLIER, 0.65), "forecast": (ACTUAL, 0.6)}


@dataclass(frozen=True)
class Line:
    """One curve: cumulative values at the ends of the months from October (None = not known).

    `make` is actual, plan, spent or forecast; `label` stands at its end, without its number; `key` is that of the
    number's passport.
    """

    make: str
    label: str
    values: tuple[float | None, ...]
    key: str = ""


def curve(
    lines: Sequence[Line],
    *,
    now: int,
    unit: str,
    width: float = 86.5,
    height: float = 46,
    top: float | None = None,
    digits: int = 1,
    right: float = 20,
    starts_at_zero: bool = True,
    dots: Sequence[int] = (),
    breaks: Sequence[int] = (),
) -> Markup:
    """Return the curves on an axis from 0 to `top` (a round number above the greatest value when None).

    Month `now` (1..12) is where the present is. `dots` are months at which the plan is known for certain
    (quarter ends): they are marked on it, the line between them is only drawn straight. `breaks` are months from
    which on values are counted otherwise than before.
    """
    known = [v for line in lines for v in line.values if v is not None]
    end, step = round_top(max(known, default=0.0)) if top is None else (top, top / 5)
    left, upper, lower = 9.0, 4.0, 4.6
    w, h = width - left - right, height - upper - lower
    d = Drawing(width, height, alt=_words(lines, unit))

    def at(month: float, value: float) -> Point:
        return left + w * month / 12, upper + h * (1 - value / end)

    ticks = [step * i for i in range(round(end / step) + 1)]
    d.segments([(*at(0, v), *at(12, v)) for v in ticks[1:]], HAIR, 0.2)
    d.segments([(*at(0, 0), *at(12, 0))], INK, 0.3)
    for value in ticks:
        d.text(left - 1.2, at(0, value)[1] + 0.8, f"{value:,.10g}", 6.6, "end")
    is_narrow = w / 12 < 4.6
    for month in range(12):
        if is_narrow and month != now - 1 and (month % 3 != 2 or abs(month - now + 1) == 1):
            continue
        colour, weight = (INK if month < now else INK3), (700 if month == now - 1 else 400)
        d.text(left + w * (month + 0.5) / 12, height - 1.1, MONTHS[month], 6.2, "middle", colour, weight)
    if now < 12:
        d.segments([(at(now, 0)[0], upper - 1.5, at(now, 0)[0], upper + h)], INK3, 0.22, ".8 .7")
    d.segments([(at(m - 1, 0)[0], upper - 1.5, at(m - 1, 0)[0], upper + h) for m in breaks], INK2, 0.3, ".4 .6")
    d.text(0, 1.9, unit, 6.6)
    labels: list[tuple[float, float, str, str, float, int]] = []
    is_forecast = any(line.make == "forecast" for line in lines)
    for line in sorted(lines, key=lambda each: each.make == "actual"):
        colour, thick = MAKES[line.make]
        points = [at(0, 0)] if starts_at_zero and line.make != "forecast" else []
        points += [at(i + 1, v) for i, v in enumerate(line.values) if v is not None]
        d.line(points, colour, thick, "1.1 .8" if line.make == "forecast" else "")
        if line.make == "plan":
            for month in dots:
                if len(line.values) >= month and (known_for_certain := line.values[month - 1]) is not None:
                    d.dot(*at(month, known_for_certain), 0.75, "#fff", INK2, 0.3)
        last = next((v for v in reversed(line.values) if v is not None), None)
        if last is None:
            continue
        x, y = points[-1]
        if line.make == "actual" and is_forecast:
            y = min(y + 3.4, upper + h - 0.6)  # below the line that goes on from here
        number = f"{last:,.{digits}f}"
        words = f"{line.label} {said(line.key, number) if line.key else number}"
        if line.make == "actual":
            d.dot(*points[-1], 1, colour)
        if line.make == "spent" and now < 12:
            # To the right it would lie on the plan's line; early in the year there is no room to the left.
            if now > 3:
                d.text(x - 1, y - 1.3, words, 7, "end", INK2, 500)
            else:
                d.segments([(x, y - 0.6, x, upper + h * 0.3)], INK3, 0.15)
                d.text(x + 1, upper + h * 0.3, words, 7, "start", INK2, 500)
            continue
        labels.append(
            (
                x,
                y,
                words,
                ACTUAL if line.make == "actual" else INK2,
                7.6 if line.make == "actual" else 7,
                700 if line.make == "actual" else 500,
            )
        )
    _place(d, labels, upper, upper + h)
    return d.markup()


def _place(d: Drawing, labels: list[tuple[float, float, str, str, float, int]], upper: float, lower: float) -> None:
    """Set the labels right of their ends, those near one another apart."""
    gap = 3.1
    placed: list[tuple[float, float]] = []
    for x, y, words, colour, size, weight in sorted(labels, key=lambda each: each[1]):
        spot = max(upper + 1, min(y + 0.9, lower - 0.4))
        for other_x, other in placed:
            if abs(other_x - x) < 26 and spot - other < gap:
                spot = other + gap
        placed.append((x, spot))
        d.text(x + 1.5, spot, words, size, "start", colour, weight)


def _words(lines: Sequence[Line], unit: str) -> str:
    said = []
    for line in lines:
        last = next((v for v in reversed(line.values) if v is not None), None)
        said.append(f"{line.label} {'ไม่มีค่า' if last is None else format(last, ',.1f')}")
    return f"{unit}: " + ", ".join(said)


def control(
    values: Sequence[float | None],
    *,
    labels: Sequence[str],
    width: float = 179,
    height: float = 42,
    centre: float | None,
    low: float | None,
    high: float | None,
    unit: str,
) -> Markup:
    """Return single values with their centre and, when given, natural limits (XmR); those beyond are marked."""
    known = [v for v in values if v is not None]
    floor = min([*known, *(v for v in (low, centre) if v is not None)], default=0.0)
    ceiling = max([*known, *(v for v in (high, centre) if v is not None)], default=1.0)
    span = max(ceiling - floor, 1.0)
    floor, ceiling = floor - span * 0.12, ceiling + span * 0.12
    left, right, upper, lower = 9.0, 24.0, 4.0, 5.0
    w, h = width - left - right, height - upper - lower
    d = Drawing(width, height, alt=unit)

    def at(index: float, value: float) -> Point:
        return left + w * (index + 0.5) / len(values), upper + h * (1 - (value - floor) / (ceiling - floor))

    d.text(0, 1.9, unit, 6.6)
    d.segments([(left, upper + h, left + w, upper + h)], INK, 0.3)
    for value, name, colour, dash in (
        (high, "ขีดจำกัดบน", INK3, "1 .8"),
        (centre, "ค่ากลาง", INK2, ""),
        (low, "ขีดจำกัดล่าง", INK3, "1 .8"),
    ):
        if value is not None:
            y = at(0, value)[1]
            d.segments([(left, y, left + w, y)], colour, 0.3, dash)
            d.text(left + w + 1.4, y + 0.8, f"{name} {value:,.1f}", 6.8)
    d.line([at(i, v) for i, v in enumerate(values) if v is not None], ACTUAL, 0.5)
    slot = w / max(1, len(values))
    for i, value in enumerate(values):
        if slot > 6 or (len(values) - 1 - i) % 3 == 0:
            d.text(at(i, floor)[0], height - 1.2, labels[i], 6.4, "middle", INK if value is not None else INK3)
        if value is not None:
            beyond = (low is not None and value < low) or (high is not None and value > high)
            d.dot(*at(i, value), 1.25 if beyond else 0.95, "#951f16" if beyond else ACTUAL)
            x, y = at(i, value)
            if slot <= 7 and not beyond and i != len(values) - 1:
                continue  # too near one another to be told apart
            d.text(x, y - 1.9, f"{value:,.1f}", 6.4, "middle", "#951f16" if beyond else INK, 700 if beyond else 400)
    return d.markup()
