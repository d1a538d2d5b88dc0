"""The grammar of awk: a script becomes rules, each a tree of tuples.

Not running it: `awk` does. No user functions, no getline, no pipes.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from edgebook.lab.hosts.programs.options import UsageError
from edgebook.lab.hosts.shell.printf import unescape

Tree: TypeAlias = "tuple[Any, ...]"
TOKEN = re.compile(
    r"[ \t\r]+|\\\n|#[^\n]*|(?P<number>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)|(?P<name>[A-Za-z_]\w*)"
    r'|(?P<string>"(?:\\.|[^"\\])*")|(?P<op>\n|&&|\|\||\+\+|--|[-+*/%^]=|==|!=|<=|>=|!~|>>|[-+*/%^<>=!~?:,;(){}\[\]$])'
)
LEVELS: tuple[tuple[str, ...], ...] = (("||",), ("&&",), ("in",), ("~", "!~"), ("<", "<=", "!=", "==", ">",
    ">="), ("",), ("+", "-"),
                                       ("*", "/", "%"))  # fmt: skip
BEFORE_DIVISION = ("number", "name", "string")
FUNCTIONS = frozenset(
    ["length", "substr", "index", "split", "sub", "gsub", "match", "toupper", "tolower", "sprintf", "int"]
)
STARTS = ("$", "!", "-", "+", "(", "++", "--")


def tokens(text: str) -> list[tuple[str, str]]:
    """Cut a script into kinds and texts; a slash after a value divides, elsewhere it begins a pattern."""
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        divides = found and (found[-1][0] in BEFORE_DIVISION or found[-1][1] in (")", "]", "$"))
        if text[at] == "/" and not divides:
            end = re.compile(r"/(?:\\.|\[\^?\]?[^\]]*\]|[^/\\\[])*/").match(text, at)
            if not end:
                raise UsageError("1: syntax error at source line 1", 2)
            found.append(("regex", end[0][1:-1]))
            at = end.end()
            continue
        match = TOKEN.match(text, at)
        if not match:
            raise UsageError(f"1: unexpected character '{text[at]}'", 2)
        if match.lastgroup:
            found.append((match.lastgroup, match[0]))
        at = match.end()
    return [*found, ("end", "")]


class Parser:
    """Reads one script."""

    def __init__(self, text: str) -> None:
        self.left = tokens(text)
        self.printing = False

    @property
    def text(self) -> str:
        """The next token's text; nothing for a string or pattern."""
        kind, text = self.left[0]
        return text if kind in ("op", "name") else ""

    def take(self) -> str:
        """Take the next token."""
        return self.left.pop(0)[1]

    def skip(self, *texts: str) -> None:
        """Take tokens while they are of these."""
        while self.text and self.text in texts:
            self.take()

    def need(self, text: str) -> None:
        """Take a token that must come next."""
        if self.text != text:
            raise UsageError(f"line 1: syntax error at or near {self.left[0][1] or 'end of file'}", 2)
        self.take()

    def rules(self) -> list[tuple[Tree, Tree | None]]:
        """Read patterns with their actions; no action prints the line."""
        found: list[tuple[Tree, Tree | None]] = []
        self.skip("\n", ";")
        while self.left[0][0] != "end":
            pattern: Tree = ("always",)
            if self.text in ("BEGIN", "END"):
                pattern = (self.take(),)
            elif self.text != "{":
                pattern = self.expression()
                if self.text == ",":
                    self.take()
                    pattern = ("range", pattern, self.expression(), [False])
            found.append((pattern, self.block() if self.text == "{" else None))
            self.skip("\n", ";")
        return found

    def block(self) -> Tree:
        """Read `{ … }`."""
        self.need("{")
        items = []
        self.skip("\n", ";")
        while self.text != "}":
            items.append(self.statement())
            self.skip("\n", ";")
        self.need("}")
        return ("block", items)

    def statement(self) -> Tree:
        """Read one statement."""
        word = self.text
        acts = {
            "{": self.block,
            "if": self.if_,
            "while": self.while_,
            "for": self.for_,
            "print": self.print_,
            "printf": self.print_,
        }
        if word in acts:
            return acts[word]()
        if word in ("next", "break", "continue"):
            return (self.take(),)
        if word == "exit":
            self.take()
            return ("exit", None if self.text in (";", "}", "\n") or self.left[0][0] == "end" else self.expression())
        if word == "delete":
            self.take()
            return ("delete", self.primary())
        return ("expression", self.expression())

    def body(self) -> Tree:
        """Read a statement that another one governs."""
        self.skip("\n")
        return ("block", []) if self.text == ";" else self.statement()

    def if_(self) -> Tree:
        """Read `if`."""
        self.take()
        self.need("(")
        test = self.expression()
        self.need(")")
        then = self.body()
        kept = list(self.left)
        self.skip("\n", ";")
        if self.text != "else":
            self.left = kept
            return ("if", test, then, None)
        self.take()
        return ("if", test, then, self.body())

    def while_(self) -> Tree:
        """Read `while`."""
        self.take()
        self.need("(")
        test = self.expression()
        self.need(")")
        return ("while", test, self.body())

    def for_(self) -> Tree:
        """Read `for (;;)` or `for (key in array)`."""
        self.take()
        self.need("(")
        if self.left[1][1] == "in" and self.left[3][1] == ")":
            key = self.take()
            self.take()
            array = self.take()
            self.need(")")
            return ("each", key, array, self.body())
        parts: list[Tree | None] = []
        for end in (";", ";", ")"):
            parts.append(None if self.text == end else ("expression", self.expression()))
            self.need(end)
        return ("for", *parts, self.body())

    def print_(self) -> Tree:
        """Read `print` or `printf`."""
        word = self.take()
        self.printing = True
        grouped = self.text == "(" and self._closes_statement()
        if grouped:
            self.take()
        self.printing = not grouped
        items = []
        while self.text not in (";", "}", "\n", ")", ">", ">>") and self.left[0][0] != "end":
            items.append(self.expression())
            if self.text != ",":
                break
            self.take()
        if grouped:
            self.need(")")
        self.printing = False
        target = None
        if self.text in (">", ">>"):
            target = (self.take(), self.primary())
        return (word, items, target)

    def _closes_statement(self) -> bool:
        depth = 0
        for at, (_, text) in enumerate(self.left):
            depth += (text == "(") - (text == ")")
            if depth == 0:
                return self.left[at + 1][1] in (";", "}", "\n", "", ">", ">>")
        return False

    def expression(self) -> Tree:
        """Read an assignment or a conditional."""
        left = self.binary(0)
        if self.text == "?":
            self.take()
            one = self.expression()
            self.need(":")
            return ("?", left, one, self.expression())
        if self.text in ("=", "+=", "-=", "*=", "/=", "%=", "^=") and left[0] in ("name", "field", "item"):
            op = self.take()
            return ("=", op, left, self.expression())
        return left

    def binary(self, level: int) -> Tree:
        """Read operators of one level and the tighter ones inside."""
        if level == len(LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while self._joins(level):
            op = "" if LEVELS[level] == ("",) else self.take()
            left = ("in", left, self.take()) if op == "in" else ("op", op, left, self.binary(level + 1))
        return left

    def _joins(self, level: int) -> bool:
        if LEVELS[level] == ("",):
            kind, text = self.left[0]
            return (
                kind in ("number", "string")
                or (kind == "name" and text != "in")
                or (text in ("$", "!", "(", "-", "++", "--") and kind == "op" and text not in ("-", "!"))
            )
        return bool(self.text) and self.text in LEVELS[level] and not (self.printing and self.text == ">")

    def unary(self) -> Tree:
        """Read a sign, a power, or a value."""
        if self.text in ("!", "-", "+"):
            return ("unary", self.take(), self.unary())
        left = self.postfix()
        if self.text == "^":
            self.take()
            return ("op", "^", left, self.unary())
        return left

    def postfix(self) -> Tree:
        """Read a value with `++` or `--` around it."""
        if self.text in ("++", "--"):
            op = self.take()
            return ("=", f"{op[0]}=", self.primary(), ("value", 1))
        left = self.primary()
        if self.text in ("++", "--") and left[0] in ("name", "field", "item"):
            return ("after", self.take()[0], left)
        return left

    def primary(self) -> Tree:
        """Read a value."""
        kind, text = self.left[0]
        self.take()
        if kind == "number":
            return ("value", float(text) if "." in text or "e" in text.lower() else int(text))
        if kind == "string":
            return ("value", unescape(text[1:-1].replace('\\"', '"').replace("\\/", "/")))
        if kind == "regex":
            return ("regex", text)
        if text == "$":
            return ("field", self.postfix() if self.text in ("++", "--") else self.primary())
        if text == "(":
            printing, self.printing = self.printing, False
            found = self.expression()
            self.need(")")
            self.printing = printing
            return found
        if kind == "name":
            return self.named(text)
        raise UsageError(f"line 1: syntax error at or near {text or 'end of file'}", 2)

    def named(self, name: str) -> Tree:
        """Read a function's call, an array's item, or a variable."""
        if name in FUNCTIONS:
            return ("call", name, self.arguments() if self.text == "(" else [])
        if self.text == "[":
            self.take()
            key = self.expression()
            self.need("]")
            return ("item", name, key)
        return ("name", name)

    def arguments(self) -> list[Tree]:
        """Read `(a, b)`."""
        self.need("(")
        printing, self.printing = self.printing, False
        found = []
        while self.text != ")":
            found.append(self.expression())
            self.skip(",")
        self.need(")")
        self.printing = printing
        return found
