"""Integer arithmetic of `$((…))`.

Not here: the expansions inside it, which are done before (`expand`).
"""

from __future__ import annotations

import re
from collections.abc import Callable

TOKEN = re.compile(
    r"\s*(0[xX][0-9a-fA-F]+|\d+|[A-Za-z_]\w*|<<=|>>=|[-+*/%&|^]=|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%<>=!~&|^?:()])"
)
LEVELS = (("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!="), ("<", "<=", ">", ">="), ("<<", ">>"), ("+", "-"),
          ("*", "/", "%"))  # fmt: skip

OPEN = "("


class ArithmeticFailure(Exception):
    """An expression that has no value; the text is dash's own."""


class Evaluator:
    """Works out one expression; `get` and `put` are the shell's variables."""

    def __init__(self, text: str, get: Callable[[str], str], put: Callable[[str, str], None]) -> None:
        self.text, self.get, self.put = text, get, put
        self.tokens: list[str] = []
        at = 0
        while at < len(text.rstrip()):
            found = TOKEN.match(text, at)
            if not found:
                raise ArithmeticFailure(f'arithmetic expression: expecting EOF: "{text}"')
            self.tokens.append(found[1])
            at = found.end()

    def value(self) -> int:
        """Return the value of the whole expression."""
        if not self.tokens:
            return 0
        found = self.assignment()
        if self.tokens:
            raise ArithmeticFailure(f'arithmetic expression: expecting EOF: "{self.text}"')
        return found

    def assignment(self) -> int:
        """Read `name = value`, or a conditional expression."""
        if len(self.tokens) > 1 and re.match(r"[A-Za-z_]", self.tokens[0]) and self._assigns(self.tokens[1]):
            name, op = self.tokens.pop(0), self.tokens.pop(0)
            found = self.assignment()
            if op != "=":
                found = self.apply(op[:-1], self.variable(name), found)
            self.put(name, str(found))
            return found
        return self.conditional()

    def _assigns(self, token: str) -> bool:
        return token.endswith("=") and token not in ("==", "!=", "<=", ">=")

    def conditional(self) -> int:
        """Read `test ? one : other`."""
        test = self.binary(0)
        if self.tokens[:1] != ["?"]:
            return test
        self.tokens.pop(0)
        one = self.assignment()
        self.need(":")
        other = self.conditional()
        return one if test else other

    def need(self, token: str) -> None:
        """Take a token that must come next."""
        if self.tokens[:1] != [token]:
            raise ArithmeticFailure(f"arithmetic expression: expecting '{token}': \"{self.text}\"")
        self.tokens.pop(0)

    def binary(self, level: int) -> int:
        """Read operators of one level and the tighter ones inside."""
        if level == len(LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while self.tokens and self.tokens[0] in LEVELS[level]:
            op = self.tokens.pop(0)
            left = self.apply(op, left, self.binary(level + 1))
        return left

    def apply(self, op: str, left: int, right: int) -> int:
        """Work out one operator as C does, which divides toward zero."""
        if op in ("/", "%") and right == 0:
            raise ArithmeticFailure(f'arithmetic expression: division by zero: "{self.text}"')
        acts: dict[str, Callable[[], int | bool]] = {
            "||": lambda: bool(left or right), "&&": lambda: bool(left and right), "|": lambda: left | right,
            "^": lambda: left ^ right, "&": lambda: left & right, "==": lambda: left == right,
            "!=": lambda: left != right, "<": lambda: left < right, "<=": lambda: left <= right,
            ">": lambda: left > right, ">=": lambda: left >= right, "<<": lambda: left << min(right, 64),
            ">>": lambda: left >> right, "+": lambda: left + right, "-": lambda: left - right,
            "*": lambda: left * right, "/": lambda: _quotient(left, right),
            "%": lambda: left - right * _quotient(left, right),
        }  # fmt: skip
        return int(acts[op]())

    def unary(self) -> int:
        """Read a sign, a parenthesis, a number or a variable."""
        if not self.tokens:
            raise ArithmeticFailure(f'arithmetic expression: expecting primary: "{self.text}"')
        token = self.tokens.pop(0)
        if token in ("-", "+", "!", "~"):
            found = self.unary()
            return {"-": -found, "+": found, "!": int(not found), "~": ~found}[token]
        if token == OPEN:
            found = self.assignment()
            self.need(")")
            return found
        if token[0].isdigit():
            return number(token)
        if token[0].isalpha() or token[0] == "_":
            return self.variable(token)
        raise ArithmeticFailure(f'arithmetic expression: expecting primary: "{self.text}"')

    def variable(self, name: str) -> int:
        """Return the number in a variable; an empty one is zero."""
        text = self.get(name).strip()
        try:
            return number(text) if text else 0
        except ValueError:
            raise ArithmeticFailure(f"Illegal number: {text}") from None


def _quotient(left: int, right: int) -> int:
    found = abs(left) // abs(right)
    return found if (left < 0) == (right < 0) else -found


def number(text: str) -> int:
    """Read a C number: `0x1f`, `017` or decimal."""
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-")
    octal = len(digits) > 1 and digits[0] == "0" and digits[1] not in "xX"
    return sign * int(digits, 8 if octal else 16 if digits[:2].lower() == "0x" else 10)
