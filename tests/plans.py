"""What the tests of runs are made of: a site folder, and plans whose actions do what a test says.

Not a topic: nothing here reaches a host.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from edgebook.records import Action, Check, Effect, Outcome, Plan, Status

SITE = """\
schema: 1
name: {name}
title: Factory 7, line cabinet
protection: {protection}
ssh: {{user: edge, key: id_ed25519}}
hosts:
  - {{name: s1, role: server, address: 192.168.1.11}}
  - {{name: s2, role: server, address: 192.168.1.12}}
  - {{name: s3, role: server, address: 192.168.1.13}}
  - {{name: a1, role: agent, address: 192.168.1.21, labels: {{line: "7"}}}}
  - {{name: e1, role: edge, address: 192.168.1.31}}
k3s:
  version: v1.31.9+k3s1
  registration: {{address: 192.168.1.10, by: keepalived, interface: eth0}}
{more}
"""
FIXED = "fixed_clock: 2026-01-15T08:00:00Z"
STAGES = {"first": "First stage", "second": "Second stage"}


def write_site(folder: Path, *, name: str = "f7", protection: str = "open", more: str = FIXED) -> Path:
    """Write a site's folder and return it."""
    home = folder / name
    home.mkdir(parents=True, exist_ok=True)
    (home / "site.yaml").write_text(SITE.format(name=name, protection=protection, more=more))
    return home


def action(
    name: str,
    do: Callable[[], Outcome] | None = None,
    *,
    stage: str = "first",
    target: str = "s1",
    effect: Effect = Effect.CHANGE,
    done: bool = False,
    wave: int = 0,
) -> Action:
    """Make an action that succeeds, or does what `do` does."""
    act = do or (lambda: Outcome("absent", "present"))
    return Action(name, stage, target, f"Make {name}", effect, f"touch {name}", act, done=done, wave=wave)


def plan(*actions: Action, title: str = "Try it") -> Plan:
    """Make a plan of two stages."""
    return Plan(title, STAGES, actions)


def check(
    name: str = "clock", status: Status = Status.PASS, *, target: str = "s1", seen: str = "0.1 s", hint: str = ""
) -> Check:
    """Make a check."""
    return Check(f"host.{name}", target, name.capitalize(), "within 1 s", seen, status, hint)
