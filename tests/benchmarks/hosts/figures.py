"""Figures: what the seconds of several tools for the same work say of one another.

Not a clock: it is given seconds, and gives medians, minima and ratios.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

OURS = "edgebook"
"""How every entrant of ours is called, alone or with words after it."""


@dataclass(frozen=True)
class Timing:
    """One entrant's seconds, or why there are none."""

    entrant: str
    seconds: tuple[float, ...] = ()
    missing: str = ""
    note: str = ""
    failures: tuple[str, ...] = ()
    """Why runs failed; they are not among the seconds."""

    @property
    def ours(self) -> bool:
        """Whether it is edgebook's."""
        return self.entrant.split()[0] == OURS

    @property
    def median_s(self) -> float:
        """The middle of the seconds."""
        return statistics.median(self.seconds)

    @property
    def minimum_s(self) -> float:
        """The least of the seconds: what is left when nothing else ran on the machine."""
        return min(self.seconds)


@dataclass(frozen=True)
class Measured:
    """One row: every entrant's timing, the aim, and how busy the machine was meanwhile."""

    row: str
    title: str
    aim: float
    timings: tuple[Timing, ...]
    notes: tuple[str, ...] = ()
    load: tuple[float, float] = field(default=(0.0, 0.0))
    """The machine's load average when the row began and when it ended."""

    @property
    def timed(self) -> tuple[Timing, ...]:
        """Those that ran, the fastest median first."""
        return tuple(sorted((one for one in self.timings if one.seconds), key=lambda one: one.median_s))

    def ratio(self, timing: Timing) -> float:
        """Return how many times the fastest median an entrant's median is."""
        return timing.median_s / self.timed[0].median_s

    def ratio_of_minima(self, timing: Timing) -> float:
        """Return how many times the least minimum an entrant's minimum is."""
        return timing.minimum_s / min(one.minimum_s for one in self.timed)

    @property
    def verdict(self) -> Verdict | None:
        """Compare ours with the fastest peer; None when either did not run.

        Ours is the first of ours that is listed: the others of ours are there to explain it.
        """
        first = next((one for one in self.timings if one.ours and one.seconds), None)
        peers = [one for one in self.timed if not one.ours]
        if first is None or not peers:
            return None
        least = min(peers, key=lambda one: one.minimum_s)
        ratio, of_minima = first.median_s / peers[0].median_s, first.minimum_s / least.minimum_s
        return Verdict(peers[0].entrant, ratio, of_minima, self.aim)


@dataclass(frozen=True)
class Verdict:
    """How many times the fastest peer's time ours is, by medians and by minima."""

    peer: str
    ratio: float
    ratio_of_minima: float
    aim: float

    @property
    def met(self) -> bool:
        """Whether the medians meet the aim."""
        return self.ratio <= self.aim


def shuffled(count: int, rounds: int, chance) -> list[list[int]]:
    """Return for each round the numbers below `count` in an order of chance, so that no one always follows another."""
    return [chance.sample(range(count), count) for _ in range(rounds)]


def unmet(rows: Sequence[Measured]) -> list[str]:
    """Name the rows whose aim was missed."""
    return [row.row for row in rows if row.verdict is not None and not row.verdict.met]
