"""Amounts as Kubernetes writes them: `500m`, `64Mi`, `1e3`; read, compared, and written in one way.

Not floats: an amount is exact.
"""

from __future__ import annotations

import re
from decimal import Decimal

FORM = re.compile(r"(?P<number>[+-]?(\d+\.?\d*|\.\d+))(?P<suffix>[eE][-+]?\d+|[KMGTPE]i|[numkMGTPE]|)")
DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
SMALLEST_BINARY = 1024


def amount(text: str | float) -> Decimal:
    """Read an amount; ValueError when it is none."""
    return _parts(str(text))[0]


def _parts(text: str) -> tuple[Decimal, str]:
    found = FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no quantity")
    number, suffix = Decimal(found["number"]), found["suffix"]
    if suffix in BINARY:
        return number * (1 << BINARY[suffix]), suffix
    if suffix[:1] in ("e", "E") and suffix[1:]:
        return number.scaleb(int(suffix[1:])), "e"
    if suffix not in DECIMAL:
        raise ValueError(f"{text!r} is no quantity")
    return number.scaleb(DECIMAL[suffix]), suffix


def canonical(text: str) -> str:
    """Write an amount as the API server does: no fraction, and the largest suffix that leaves it whole."""
    value, suffix = _parts(text)
    if suffix in BINARY and abs(value) >= SMALLEST_BINARY:
        return _binary(value)
    return _exponent(value) if suffix == "e" else _decimal(value)


def _binary(value: Decimal) -> str:
    whole = int(value.to_integral_value(rounding="ROUND_CEILING"))
    for name, bits in reversed(BINARY.items()):
        if whole % (1 << bits) == 0:
            return f"{whole >> bits}{name}"
    return str(whole)


def _decimal(value: Decimal) -> str:
    if value == 0:
        return "0"
    nanos = int(value.scaleb(9).to_integral_value(rounding="ROUND_CEILING"))
    for name, power in reversed(DECIMAL.items()):
        if nanos % 10 ** (power + 9) == 0:
            return f"{nanos // 10 ** (power + 9)}{name}"
    return f"{nanos}n"


def _exponent(value: Decimal) -> str:
    power = 0
    while value and value % 1000 == 0:
        value, power = value / 1000, power + 3
    return f"{int(value)}e{power}" if power else _decimal(value)
