"""keepalived.conf as keepalived reads it.

Not every keyword: those it does not act on are kept unread.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

WORD = re.compile(r'"[^"]*"|[{}]|[^\s{}"]+')
COMMENT = re.compile(r"(^|\s)[#!].*$")


class ConfigInvalidError(Exception):
    """A configuration keepalived does not start with; each argument is one line it logs."""


@dataclass(frozen=True)
class Script:
    """One vrrp_script block."""

    name: str
    command: str
    interval_s: float = 1.0
    fall: int = 1
    rise: int = 1
    weight: int = 0


@dataclass(frozen=True)
class Instance:
    """One vrrp_instance block."""

    name: str
    interface: str
    router_id: int
    priority: int = 100
    state: str = "BACKUP"
    source: str = ""
    peers: tuple[str, ...] = ()
    addresses: tuple[tuple[str, int], ...] = ()
    scripts: tuple[str, ...] = ()
    advert_s: float = 1.0
    preempt: bool = True


@dataclass
class Block:
    """A block of the file: its words, its lines, its blocks."""

    words: list[str]
    lines: list[list[str]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    def value(self, key: str, default: str = "") -> str:
        """Return the first argument of a keyword."""
        found = next((line for line in self.lines if line[0] == key and len(line) > 1), None)
        return found[1] if found else default

    def block(self, key: str) -> Block:
        """Return a block inside this one; an empty one where there is none."""
        return next((found for found in self.blocks if found.words[0] == key), Block([key]))


def _tokens(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        yield [word.strip('"') if word.startswith('"') else word for word in WORD.findall(COMMENT.sub("", line))]


def tree(text: str) -> Block:
    """Read the file's blocks; raise `ConfigInvalidError` where braces do not match."""
    stack = [Block([""])]
    for words in _tokens(text):
        pending: list[str] = []
        for word in words:
            if word == "{":
                block = Block(pending or _stolen(stack[-1]))
                stack[-1].blocks.append(block)
                stack.append(block)
                pending = []
            elif word == "}":
                _flush(stack[-1], pending)
                pending = []
                if len(stack) == 1:
                    raise ConfigInvalidError("Unexpected '}' - ignored")
                stack.pop()
            else:
                pending.append(word)
        _flush(stack[-1], pending)
    if len(stack) > 1:
        raise ConfigInvalidError(f"There are {len(stack) - 1} missing '}}'s or extra '{{'s")
    return stack[0]


def _stolen(block: Block) -> list[str]:
    return block.lines.pop() if block.lines else ["?"]


def _flush(block: Block, words: list[str]) -> None:
    if words:
        block.lines.append(words)


def scripts(root: Block) -> dict[str, Script]:
    """Read the scripts by name."""
    return {
        block.words[1]: Script(
            block.words[1],
            block.value("script"),
            float(block.value("interval", "1")),
            int(block.value("fall", "1")),
            int(block.value("rise", "1")),
            int(block.value("weight", "0")),
        )
        for block in root.blocks
        if block.words[0] == "vrrp_script" and len(block.words) > 1
    }


def instances(root: Block, interfaces: frozenset[str]) -> tuple[Instance, ...]:
    """Read the instances; raise `ConfigInvalidError` for what keepalived refuses to run."""
    found = []
    for block in root.blocks:
        if block.words[0] == "vrrp_instance" and len(block.words) > 1:
            _check(block, interfaces)
            found.append(_instance(block))
    return tuple(found)


def _check(block: Block, interfaces: frozenset[str]) -> None:
    name, interface = block.words[1], block.value("interface")
    if not block.value("virtual_router_id").isdigit():
        raise ConfigInvalidError(f"({name}) the virtual id must be set!", "Stopped - used (self/children) 0.0/0.0")
    if interface not in interfaces:
        raise ConfigInvalidError(
            f"(Line 1) WARNING - interface {interface} for vrrp_instance {name} doesn't exist",
            "Non-existent interface specified in configuration",
        )


def _instance(block: Block) -> Instance:
    listed = block.block("virtual_ipaddress")
    addresses = [line[0] for line in listed.lines]
    return Instance(
        block.words[1],
        block.value("interface"),
        int(block.value("virtual_router_id")),
        int(block.value("priority", "100")),
        block.value("state", "BACKUP"),
        block.value("unicast_src_ip"),
        tuple(line[0] for line in block.block("unicast_peer").lines),
        tuple(_address(text) for text in addresses),
        tuple(line[0] for line in block.block("track_script").lines),
        float(block.value("advert_int", "1")),
        not any(line[0] == "nopreempt" for line in block.lines),
    )


def _address(text: str) -> tuple[str, int]:
    try:
        found = ipaddress.ip_interface(text)
    except ValueError as exc:
        raise ConfigInvalidError(f"VRRP parsed invalid IP {text}. skipping IP...") from exc
    return str(found.ip), found.network.prefixlen
