"""Schedules as cron writes them: the last time one was due.

Not a clock: every function is given the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
FIELDS: tuple[tuple[int, int, tuple[str, ...]], ...] = (
    (0, 59, ()),
    (0, 23, ()),
    (1, 31, ()),
    (1, 12, MONTHS),
    (0, 6, DAYS),
)
SHORTHANDS = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip
ALL = ("*", "?")


@dataclass(frozen=True)
class Schedule:
    """When something is due: minutes, hours, days of the month, months, days of the week."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool
    """Whether a day of the month or of the week is enough; cron's rule when both are given."""

    def on(self, day: date) -> bool:
        """Whether something is due on a day."""
        if day.month not in self.months:
            return False
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return of_month or of_week if self.either else of_month and of_week

    def last(self, after: datetime, now: datetime) -> datetime | None:
        """Return the last time something was due, not before or at one time and not after another."""
        for back in range((now.date() - after.date()).days + 1):
            day = now.date() - timedelta(days=back)
            for moment in self._times(day, now) if self.on(day) else ():
                if moment <= now:
                    return moment if moment > after else None
        return None

    def _times(self, day: date, now: datetime) -> Iterator[datetime]:
        for hour in reversed(self.hours):
            for minute in reversed(self.minutes):
                yield datetime.combine(day, time(hour, minute), now.tzinfo)


def schedule(text: str) -> Schedule:
    """Read a schedule; ValueError when it is none."""
    parts = SHORTHANDS.get(text.strip(), text).split()
    if len(parts) != len(FIELDS):
        raise ValueError(f"expected exactly 5 fields, found {len(parts)}: [{' '.join(parts)}]")
    minutes, hours, days, months, weekdays = (_field(part, *bounds) for part, bounds in zip(parts, FIELDS, strict=True))
    either = not (parts[2][0] in "*?" or parts[4][0] in "*?")
    return Schedule(
        tuple(sorted(minutes)), tuple(sorted(hours)), frozenset(days), frozenset(months), frozenset(weekdays), either
    )


def _field(text: str, least: int, most: int, names: tuple[str, ...]) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        low = least if span in ALL else _number(first, least, names)
        high = most if span in ALL or (step and not last) else _number(last or first, least, names)
        if not least <= low <= high <= most:
            raise ValueError(f"{part} is not between {least} and {most}")
        found |= set(range(low, high + 1, int(step or 1)))
    return found


def _number(text: str, least: int, names: tuple[str, ...]) -> int:
    return names.index(text.lower()) + least if text.lower() in names else int(text)
