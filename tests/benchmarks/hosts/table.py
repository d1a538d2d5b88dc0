"""The table: measured rows as text for a person and as JSON for a program.

Not a judge: what is met and what is not comes from `figures`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tests.benchmarks.hosts.figures import Measured, Timing

HEAD = ("", "median s", "x", "minimum s", "x", "runs")


def machine_text(machine: Mapping[str, str]) -> str:
    """Return what must be known of the machine, a line each."""
    return "\n".join(f"{name}: {value}" for name, value in machine.items())


def summary(rows: Sequence[Measured]) -> str:
    """Return one line a row: what edgebook takes against the fastest peer, and whether that is the aim."""
    lines = [(row.row, *_verdict(row)) for row in rows]
    wide = max((len(name) for name, _ in lines), default=0)
    return "\n".join(f"{name.ljust(wide)}{said}" for name, said in lines)


def row_text(row: Measured) -> str:
    """Return one row: entrants by their medians, the absent ones after them, the verdict, the notes."""
    absent = [one for one in row.timings if not one.seconds]
    cells = [HEAD, *(_cells(row, one) for one in row.timed), *((one.entrant, one.missing) for one in absent)]
    began, ended = row.load
    head = f"{row.row}: {row.title}  (load {began:.1f} to {ended:.1f})"
    return "\n".join([head, *_aligned(cells), *_verdict(row), *(f"  - {note}" for note in _notes(row))])


def document(rows: Sequence[Measured], machine: Mapping[str, str]) -> dict[str, Any]:
    """Return everything measured, each single time, with the ratios that the table shows."""
    return {"machine": dict(machine), "rows": [_row(row) for row in rows]}


def _row(row: Measured) -> dict[str, Any]:
    verdict = row.verdict
    said = asdict(row)
    for one, timing in zip(said["timings"], row.timings, strict=True):
        if timing.seconds:
            one |= {"median_s": timing.median_s, "minimum_s": timing.minimum_s, "ratio": row.ratio(timing)}
    return said | {"verdict": {**asdict(verdict), "met": verdict.met} if verdict else None}


def _cells(row: Measured, one: Timing) -> tuple[str, ...]:
    return (
        one.entrant,
        f"{one.median_s:.3f}",
        f"{row.ratio(one):.2f}",
        f"{one.minimum_s:.3f}",
        f"{row.ratio_of_minima(one):.2f}",
        str(len(one.seconds)),
    )


def _aligned(cells: Iterable[Sequence[str]]) -> list[str]:
    """Put names to the left and numbers to the right; a row of two cells is a name and a sentence."""
    rows = [list(row) for row in cells]
    full = [row for row in rows if len(row) == len(HEAD)]
    wide = max(len(row[0]) for row in rows)
    widths = [max(len(row[column]) for row in full) for column in range(1, len(HEAD))]
    return [
        "  " + row[0].ljust(wide) + "".join(f"  {cell:>{width}}" for cell, width in zip(row[1:], widths, strict=False))
        for row in rows
    ]


def _verdict(row: Measured) -> list[str]:
    verdict = row.verdict
    if verdict is None:
        return ["  nothing to compare"]
    met = "met" if verdict.met else "not met"
    times = f"{verdict.ratio:.2f} times the fastest peer ({verdict.peer}), by minima {verdict.ratio_of_minima:.2f}"
    return [f"  edgebook takes {times}; the aim is at most {verdict.aim:g}: {met}"]


def _notes(row: Measured) -> list[str]:
    said = [f"{one.entrant}: {one.note}" for one in row.timings if one.note]
    failed = [
        f"{one.entrant}: {len(one.failures)} runs failed and are not counted: {one.failures[-1]}"
        for one in row.timings
        if one.failures and one.seconds
    ]
    return [*said, *failed, *row.notes]
