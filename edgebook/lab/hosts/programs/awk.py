"""awk: the program that works on the fields of lines.

Not all of it: no user functions, no getline, no pipes (`awkparser` reads the script).
"""

from __future__ import annotations

from typing import Any

from edgebook.lab.hosts.call import Call
from edgebook.lab.hosts.programs.awkmachine import Jump, Machine
from edgebook.lab.hosts.programs.awkparser import Parser, Tree
from edgebook.lab.hosts.programs.awkvalues import Field
from edgebook.lab.hosts.programs.options import Options, UsageError, complain, lines_of, readable, reason, tool
from edgebook.lab.hosts.shell.printf import unescape


@tool("awk", "mawk", short="F:v:f:", stops=True, misuse=2)
async def awk(call: Call, options: Options) -> int:
    """Work on the fields of lines."""
    words = list(options.words)
    try:
        if options.has("f"):
            source = readable(call, options.value("f")).decode(errors="replace")
        elif words:
            source = words.pop(0)
        else:
            call.err("Usage: mawk [Options] [Program] [file ...]\n")
            return 2
        given = dict(value.partition("=")[::2] for value in options.values("v"))
        variables: dict[str, Any] = {name: Field(unescape(value)) for name, value in given.items()}
        if options.has("F"):
            variables["FS"] = unescape(options.value("F"))
        return await work(call, Machine(call, variables), Parser(source).rules(), words)
    except UsageError as exc:
        complain(call, str(exc))
        return exc.code


async def work(call: Call, machine: Machine, rules: list[tuple[Tree, Tree | None]], words: list[str]) -> int:
    """Run the rules: BEGIN, each line, END."""
    code = 0
    try:
        for pattern, action in rules:
            if pattern[0] == "BEGIN":
                machine.run(action)
        if any(pattern[0] != "BEGIN" for pattern, _ in rules):
            code = await each_line(call, machine, rules, words)
    except Jump as jump:
        code = jump.code
        if jump.kind != "exit":
            return 2
    try:
        for pattern, action in rules:
            if pattern[0] == "END":
                machine.run(action)
    except Jump as jump:
        code = jump.code
    return code


async def each_line(call: Call, machine: Machine, rules: list[tuple[Tree, Tree | None]], words: list[str]) -> int:
    """Run the rules on every line; 2 says that a file could not be read."""
    found = []
    for path in words or ["-"]:
        try:
            found.append((path, await call.stdin.read() if path == "-" else readable(call, path)))
        except OSError as exc:
            complain(call, f"cannot open {path} ({reason(exc)})")
    for path, data in found:
        machine.names |= {"FILENAME": "" if path == "-" else path, "FNR": 0}
        for line in lines_of(data):
            machine.names["NR"] += 1
            machine.names["FNR"] += 1
            machine.read(line)
            try:
                for pattern, action in rules:
                    if machine.selects(pattern):
                        machine.run(action or ("print", [], None))
            except Jump as jump:
                if jump.kind != "next":
                    raise
    return 2 if len(found) < len(words) else 0
