"""A run of an awk script: variables, arrays, the fields of the line, statements and expressions.

Not reading the script (`awkparser`) nor the input (`awk`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.programs.awkparser import Tree
from edgebook.lab.hosts.programs.awkvalues import COMPARE, Field, calculate, compare, number, pattern_of, string, truth
from edgebook.lab.hosts.programs.options import store
from edgebook.lab.hosts.shell.printf import formatted


class Jump(Exception):
    """next, break, continue or exit."""

    def __init__(self, kind: str, code: int = 0) -> None:
        super().__init__(kind)
        self.kind, self.code = kind, code


class Machine:
    """Runs one script: variables, the fields of the line, and what was printed."""

    def __init__(self, call: Call, variables: dict[str, Any]) -> None:
        self.call = call
        self.names: dict[str, Any] = {"FS": " ", "OFS": " ", "ORS": "\n", "NR": 0, "NF": 0, "FNR": 0,
            "SUBSEP": "\x1c", "FILENAME": "",
                                      "RSTART": 0, "RLENGTH": -1, **variables}  # fmt: skip
        self.arrays: dict[str, dict[str, Any]] = {"ENVIRON": {name: Field(value) for name, value in call.env.items()}}
        self.fields: list[str] = [""]
        self.opened: set[str] = set()

    def read(self, line: str) -> None:
        """Take a line and cut it into fields."""
        mark = string(self.names["FS"])
        if mark == " ":
            parts = line.split()
        elif len(mark) == 1:
            parts = line.split(mark) if line else []
        else:
            parts = pattern_of(mark).split(line) if line else []
        self.fields = [Field(line), *map(Field, parts)]
        self.names["NF"] = len(parts)

    def put_field(self, index: int, value: str) -> None:
        """Set a field; the line is made anew."""
        if index == 0:
            self.read(value)
            return
        self.fields += [""] * (index + 1 - len(self.fields))
        self.fields[index] = Field(value)
        self.names["NF"] = len(self.fields) - 1
        self.fields[0] = Field(string(self.names["OFS"]).join(self.fields[1:]))

    def selects(self, pattern: Tree) -> bool:
        """Say whether a rule is for this line."""
        if pattern[0] == "always":
            return True
        if pattern[0] != "range":
            return pattern[0] not in ("BEGIN", "END") and truth(self.value(pattern))
        began = pattern[3][0] or truth(self.value(pattern[1]))
        pattern[3][0] = began and not truth(self.value(pattern[2]))
        return bool(began)

    # statements

    def run(self, node: Tree | None) -> None:
        """Run one statement."""
        if node is None:
            return
        kind = node[0]
        if kind == "block":
            for item in node[1]:
                self.run(item)
        elif kind == "expression":
            self.value(node[1])
        elif kind in ("print", "printf"):
            self.print(node)
        elif kind == "if":
            self.run(node[2] if truth(self.value(node[1])) else node[3])
        elif kind in ("while", "for", "each"):
            self.loop(node)
        elif kind == "delete":
            self.delete(node[1])
        elif kind == "exit":
            raise Jump("exit", int(number(self.value(node[1]))) if node[1] else 0)
        else:
            raise Jump(kind)

    def loop(self, node: Tree) -> None:
        """Run a loop."""
        if node[0] == "each":
            for key in list(self.arrays.get(node[2], {})):
                self.names[node[1]] = Field(key)
                if not self.turn(node[3]):
                    return
            return
        first, test, step, body = (None, ("expression", node[1]), None, node[2]) if node[0] == "while" else node[1:]
        self.run(first)
        while test is None or truth(self.value(test[1])):
            if not self.turn(body):
                return
            self.run(step)

    def turn(self, body: Tree) -> bool:
        """Run a loop's body once; False says that the loop is over."""
        try:
            self.run(body)
        except Jump as jump:
            if jump.kind not in ("break", "continue"):
                raise
            return jump.kind == "continue"
        return True

    def delete(self, node: Tree) -> None:
        """Delete an item, or a whole array."""
        if node[0] == "item":
            self.arrays.get(node[1], {}).pop(string(self.value(node[2])), None)
        else:
            self.arrays.pop(node[1], None)

    def print(self, node: Tree) -> None:
        """Print values, or a format filled with them."""
        values = [string(self.value(item)) for item in node[1]]
        if node[0] == "printf":
            text, _ = (
                formatted(values[0].replace("\\", "\\\\"), values[1:])
                if values[1:] or "%" in values[0]
                else (values[0], [])
            )
        else:
            text = (string(self.names["OFS"]).join(values) if node[1] else self.fields[0]) + string(self.names["ORS"])
        data = text.encode(errors="surrogateescape")
        if node[2] is None:
            self.call.out(data)
            return
        path = string(self.value(node[2][1]))
        if path == "/dev/stderr":
            self.call.err(data)
        else:
            store(self.call, path, data, append=node[2][0] == ">>" or path in self.opened)
            self.opened.add(path)

    # values

    def value(self, node: Tree) -> Any:
        """Work out one expression."""
        acts: dict[str, Callable[[Tree], Any]] = {
            "value": lambda node: node[1],
            "name": lambda node: self.names.get(node[1], ""),
            "field": lambda node: self.field(int(number(self.value(node[1])))),
            "item": lambda node: self.arrays.setdefault(node[1], {}).setdefault(string(self.value(node[2])), ""),
            "regex": lambda node: bool(pattern_of(node[1]).search(self.fields[0])),
            "in": lambda node: string(self.value(node[1])) in self.arrays.get(node[2], {}),
            "?": lambda node: self.value(node[2] if truth(self.value(node[1])) else node[3]),
            "unary": self.unary,
            "op": self.operate,
            "=": self.assign,
            "after": self.after,
            "call": lambda node: getattr(self, f"f_{node[1]}")(node[2]),
        }
        return acts[node[0]](node)

    def field(self, index: int) -> str:
        """Return a field; there is nothing behind the last."""
        return self.fields[index] if 0 <= index < len(self.fields) else ""

    def unary(self, node: Tree) -> Any:
        """Negate."""
        value = self.value(node[2])
        return int(not truth(value)) if node[1] == "!" else -number(value) if node[1] == "-" else number(value)

    def operate(self, node: Tree) -> Any:
        """Work out an operator with two sides."""
        op, left = node[1], self.value(node[2])
        if op in ("&&", "||"):
            return int(truth(self.value(node[3]))) if truth(left) == (op == "&&") else int(op == "||")
        if op in ("~", "!~"):
            text = node[3][1] if node[3][0] == "regex" else string(self.value(node[3]))
            return int(bool(pattern_of(text).search(string(left))) == (op == "~"))
        right = self.value(node[3])
        if op == "":
            return string(left) + string(right)
        return int(compare(op, left, right)) if op in COMPARE else calculate(op, number(left), number(right))

    def assign(self, node: Tree) -> Any:
        """Set a variable, an item or a field."""
        op, target, value = node[1], node[2], self.value(node[3])
        if op != "=":
            value = calculate(op[0], number(self.value(target)), number(value))
        if target[0] == "name":
            self.names[target[1]] = value
            if target[1] == "NF":
                self.fields = (self.fields + [""] * int(number(value)))[: int(number(value)) + 1]
                self.put_field(1, self.field(1)) if value else None
        elif target[0] == "item":
            self.arrays.setdefault(target[1], {})[string(self.value(target[2]))] = value
        else:
            self.put_field(int(number(self.value(target[1]))), string(value))
        return value

    def after(self, node: Tree) -> float:
        """Return a value and change it afterwards."""
        before = number(self.value(node[2]))
        self.assign(("=", f"{node[1]}=", node[2], ("value", 1)))
        return before

    # functions

    def text(self, args: list[Tree], at: int = 0) -> str:
        """Return an argument as text; the line where there is none."""
        return string(self.value(args[at])) if len(args) > at else self.fields[0]

    def f_length(self, args: list[Tree]) -> int:
        """Count characters, or an array's items."""
        if args and args[0][0] == "name" and args[0][1] in self.arrays:
            return len(self.arrays[args[0][1]])
        return len(self.text(args))

    def f_substr(self, args: list[Tree]) -> str:
        """Cut a piece out, counted from 1."""
        first = round(number(self.value(args[1])))
        last = first + round(number(self.value(args[2]))) if args[2:] else None
        return self.text(args)[max(first - 1, 0) : None if last is None else max(last - 1, 0)]

    def f_index(self, args: list[Tree]) -> int:
        """Say where a text is inside another."""
        return self.text(args).find(self.text(args, 1)) + 1

    def f_split(self, args: list[Tree]) -> int:
        """Cut a text into an array."""
        mark = (args[2][1] if args[2][0] == "regex" else self.text(args, 2)) if args[2:] else string(self.names["FS"])
        text = self.text(args)
        parts = text.split() if mark == " " else text.split(mark) if len(mark) == 1 else pattern_of(mark).split(text)
        parts = parts if text else []
        self.arrays[args[1][1]] = {str(index): Field(part) for index, part in enumerate(parts, start=1)}
        return len(parts)

    def f_sub(self, args: list[Tree]) -> int:
        """Replace what a pattern matches first."""
        return self.replace(args, 1)

    def f_gsub(self, args: list[Tree]) -> int:
        """Replace all that a pattern matches."""
        return self.replace(args, 0)

    def replace(self, args: list[Tree], count: int) -> int:
        """Replace in a variable, a field or the line; return how often."""
        pattern = pattern_of(args[0][1] if args[0][0] == "regex" else self.text(args))
        target: Tree = args[2] if args[2:] else ("field", ("value", 0))
        put = self.text(args, 1)
        made, done = pattern.subn(lambda found: re.sub(r"\\&|&", lambda mark: "&" if mark[0] != "&" else found[0], put),
                                  string(self.value(target)), count=count)  # fmt: skip
        if done:
            self.assign(("=", "=", target, ("value", made)))
        return done

    def f_match(self, args: list[Tree]) -> int:
        """Say where a pattern matches, in RSTART and RLENGTH too."""
        found = pattern_of(args[1][1] if args[1][0] == "regex" else self.text(args, 1)).search(self.text(args))
        self.names["RSTART"] = found.start() + 1 if found else 0
        self.names["RLENGTH"] = len(found[0]) if found else -1
        return int(self.names["RSTART"])

    def f_toupper(self, args: list[Tree]) -> str:
        """Return a text in capitals."""
        return self.text(args).upper()

    def f_tolower(self, args: list[Tree]) -> str:
        """Return a text in small letters."""
        return self.text(args).lower()

    def f_sprintf(self, args: list[Tree]) -> str:
        """Fill a format in."""
        return formatted(self.text(args).replace("\\", "\\\\"), [string(self.value(arg)) for arg in args[1:]])[0]

    def f_int(self, args: list[Tree]) -> int:
        """Cut off what is behind the point."""
        return int(number(self.value(args[0])))
