"""The rules of a site: what must hold between one value and another.

Not the rules of single values: `fields` has those. Each rule reads a draft and passes over what is not sound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from edgebook.errors import Problem
from edgebook.site import rules_hosts, rules_k3s, rules_network, rules_options, rules_registration, rules_ssh
from edgebook.site.draft import Draft

Rule = Callable[[Draft], Iterable[Problem]]

RULES: tuple[Rule, ...] = (
    *rules_hosts.RULES,
    *rules_ssh.RULES,
    *rules_network.RULES,
    *rules_registration.RULES,
    *rules_k3s.RULES,
    *rules_options.RULES,
)


def broken(site: Draft) -> list[Problem]:
    """Return what breaks a rule, in no order."""
    return [problem for rule in RULES for problem in rule(site)]
