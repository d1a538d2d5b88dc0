"""Timestamps as Kubernetes writes them, and durations as kubectl shows them.

Not a clock: every function is given the time.
"""

from __future__ import annotations

from datetime import UTC, datetime

MINUTE_S = 60
HOUR_S = 60 * MINUTE_S
DAY_S = 24 * HOUR_S
YEAR_DAYS = 365


def stamp(moment: datetime) -> str:
    """Write a time with seconds, as `creationTimestamp` has it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro(moment: datetime) -> str:
    """Write a time with microseconds, as a lease's `renewTime` has it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse(text: str) -> datetime:
    """Read either form back."""
    return datetime.fromisoformat(text)


def age(text: str | None, now: datetime) -> str:
    """Show how long ago a timestamp was, or `<unknown>` without one."""
    if not text:
        return "<unknown>"
    return human_duration((now - parse(text)).total_seconds())


def human_duration(seconds: float) -> str:
    """Show a duration with the two units kubectl would use.

    The steps are those of apimachinery's `duration.HumanDuration`: seconds up to two minutes,
    minutes with seconds up to ten, and so on up to years with days.
    """
    total = int(seconds)
    if total < 0:
        return "<invalid>" if total < -1 else "0s"
    for show in (_short, _hours, _days):
        text = show(total)
        if text:
            return text
    return f"{total // DAY_S // YEAR_DAYS}y"


def _pair(total: int, unit_s: int, unit: str, *, rest_s: int, rest: str) -> str:
    left = total % unit_s // rest_s
    return f"{total // unit_s}{unit}{left}{rest}" if left else f"{total // unit_s}{unit}"


def _short(total: int) -> str:
    if total < 2 * MINUTE_S:
        return f"{total}s"
    if total < 10 * MINUTE_S:
        return _pair(total, MINUTE_S, "m", rest_s=1, rest="s")
    return f"{total // MINUTE_S}m" if total < 3 * HOUR_S else ""


def _hours(total: int) -> str:
    if total < 8 * HOUR_S:
        return _pair(total, HOUR_S, "h", rest_s=MINUTE_S, rest="m")
    return f"{total // HOUR_S}h" if total < 2 * DAY_S else ""


def _days(total: int) -> str:
    if total < 8 * DAY_S:
        return _pair(total, DAY_S, "d", rest_s=HOUR_S, rest="h")
    if total < 2 * YEAR_DAYS * DAY_S:
        return f"{total // DAY_S}d"
    if total < 8 * YEAR_DAYS * DAY_S:
        return _pair(total, YEAR_DAYS * DAY_S, "y", rest_s=DAY_S, rest="d")
    return ""
