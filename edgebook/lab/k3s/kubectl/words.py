"""kubectl's command line, taken apart.

Not its meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

TAKES_VALUE = {
    "-n": "namespace",
    "--namespace": "namespace",
    "-o": "output",
    "--output": "output",
    "-l": "selector",
    "--selector": "selector",
    "--field-selector": "field-selector",
    "--raw": "raw",
    "--server": "server",
    "-s": "server",
    "--kubeconfig": "kubeconfig",
    "--context": "context",
    "--timeout": "timeout",
    "--request-timeout": "timeout",
    "--grace-period": "grace-period",
    "--sort-by": "sort-by",
    "--for": "for",
}
SWITCHES = {"-A": "all-namespaces", "-w": "watch", "-h": "help"}


class UsageError(Exception):
    """A command line kubectl refuses."""


@dataclass
class Words:
    """A command, its arguments and its flags."""

    command: str = ""
    arguments: list[str] = field(default_factory=list)
    flags: dict[str, str] = field(default_factory=dict)

    def on(self, name: str) -> bool:
        """Say whether a switch is set."""
        return self.flags.get(name, "false") == "true"

    @property
    def namespace(self) -> str:
        """The namespace asked for, `default` when none was."""
        return self.flags.get("namespace", "default")

    @property
    def output(self) -> str:
        """The format asked for."""
        return self.flags.get("output", "")


def parse(arguments: Sequence[str]) -> Words:
    """Read a command line; raise `UsageError` for a flag without its value."""
    found, rest = Words(), list(arguments)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if not word.startswith("-") or word == "-":
            _plain(found, word)
        elif name in TAKES_VALUE:
            if not equals and not rest:
                raise UsageError(f"flag needs an argument: '{name.lstrip('-')}' in {name}")
            found.flags[TAKES_VALUE[name]] = value if equals else rest.pop(0)
        elif name[:2] in TAKES_VALUE and not name.startswith("--"):
            found.flags[TAKES_VALUE[name[:2]]] = word[2:]
        else:
            found.flags[SWITCHES.get(name, name.lstrip("-"))] = value if equals else "true"
    return found


def _plain(found: Words, word: str) -> None:
    if found.command:
        found.arguments.append(word)
    else:
        found.command = word
