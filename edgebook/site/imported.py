"""The text of a site.yaml made from another tool's file.

Not the reading of those files: `ansible` and `k3sup` do that. No secret's value passes through here.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from edgebook.errors import Problem
from edgebook.site import document, loading
from edgebook.site.fields import LONGEST_LABEL, NAME, address_of

DEFAULT_VERSION = "v1.31.9+k3s1"
PLAIN = re.compile(r"[A-Za-z~/][A-Za-z0-9_./~@+-]*|\d+\.\d+\.\d+\.\d+")
YAML_WORDS = {"yes", "no", "on", "off", "true", "false", "null", "y", "n"}


@dataclass(frozen=True)
class ImportedHost:
    """A host as the other tool knows it; empty means: as all of them."""

    name: str
    role: str
    address: str
    user: str = ""
    port: int | None = None
    key: str = ""
    note: str = ""


@dataclass(frozen=True)
class Imported:
    """What another tool's file says of a site."""

    origin: str
    name: str
    hosts: tuple[ImportedHost, ...]
    user: str
    version: str = DEFAULT_VERSION
    endpoint: str = ""
    """The address that the other tool gives as the API's, when it is not simply a server's."""
    port: int | None = None
    key: str = ""
    context: str = ""
    bundle: str = ""
    password: bool = False
    sudo_password: bool = False
    token: bool = False
    notes: tuple[str, ...] = field(default=())


def usable_name(text: str, otherwise: str) -> str:
    """Return a text as a host's name: lower case, other characters replaced; `otherwise` where nothing is left."""
    fixed = re.sub(r"[^a-z0-9.-]+", "-", text.lower()).strip("-.")[:LONGEST_LABEL].rstrip("-.")
    return fixed if NAME.fullmatch(fixed) and not address_of(text) else otherwise


def render(site: Imported) -> str:
    """Write a site as site.yaml; what `check` would still refuse stands at its top, as comments."""
    body = "\n".join([*_head(site), *_ssh(site), *_hosts(site), *_k3s(site), ""])
    left = _left_to_do(body)
    return "\n".join(
        [f"# Made from {_comment(site.origin)} by `edgebook site import`.", *left, *map(_note, site.notes), body]
    )


def _left_to_do(body: str) -> list[str]:
    read = document.parse(body, "site.yaml")
    _, problems = loading.examine(read, Path())
    return [f"# TO DO: {_comment(_without_line(problem))}" for problem in problems]


def _without_line(problem: Problem) -> str:
    return f"{problem.where}: {problem.wrong}" + (f"; {problem.right}" if problem.right else "")


def _note(text: str) -> str:
    return f"# {_comment(text)}"


def _comment(text: str) -> str:
    return " ".join(re.sub(r"[^\x20-\x7e\xa0-\ud7ff]", " ", text).split())


def scalar(value: str) -> str:
    """Write a text as YAML: bare where it reads back as the same text, else in quotes."""
    return value if PLAIN.fullmatch(value) and value.lower() not in YAML_WORDS else json.dumps(value)


def _head(site: Imported) -> list[str]:
    return [
        "schema: 1",
        f"name: {scalar(site.name)}",
        "protection: guarded    # runs only plan unless they are told to apply",
        "",
    ]


def _ssh(site: Imported) -> list[str]:
    lines = ["ssh:", f"  user: {scalar(site.user)}"]
    if site.port:
        lines.append(f"  port: {site.port}")
    if site.key:
        lines.append(f"  key: {scalar(site.key)}")
    elif not site.password:
        lines.append("  agent: true    # no private key was named: the SSH agent's are tried")
    lines.append("  known_hosts: known_hosts    # `edgebook site trust` writes it")
    if site.password:
        lines.append("  password: prompt:SSH password    # the password was not copied")
    if site.sudo_password:
        lines += ["  sudo: password", "  sudo_password: prompt:sudo password    # the password was not copied"]
    elif site.user == "root":
        lines.append("  sudo: root")
    return [*lines, ""]


def _hosts(site: Imported) -> list[str]:
    lines = ["hosts:"]
    for host in site.hosts:
        lines += [f"  - name: {scalar(host.name)}" + (f"    # {_comment(host.note)}" if host.note else "")]
        lines += [f"    role: {host.role}", f"    address: {scalar(host.address)}"]
        lines += [f"    user: {scalar(host.user)}"] if host.user else []
        lines += [f"    port: {host.port}"] if host.port else []
        lines += [f"    key: {scalar(host.key)}"] if host.key else []
    return [*lines, ""] if site.hosts else ["hosts: []", ""]


def _k3s(site: Imported) -> list[str]:
    lines = ["k3s:", f"  version: {scalar(site.version)}", *_registration(site), *_tokens(site)]
    if site.context:
        lines.append(f"  context: {scalar(site.context)}")
    if site.bundle:
        lines += ["", "source:", "  kind: bundle", f"  path: {scalar(site.bundle)}"]
    return lines


def _tokens(site: Imported) -> list[str]:
    lines = ["  token: file:secrets/k3s-token"]
    if site.token:
        lines = [
            "  # The token's value was not copied. To keep the token of a running cluster, write it to",
            "  # secrets/k3s-token (mode 0600); otherwise the runbook makes a new one.",
            *lines,
        ]
    return [*lines, "  agent_token: file:secrets/k3s-agent-token    # agents get one of their own"]


def _registration(site: Imported) -> list[str]:
    servers = [host for host in site.hosts if host.role == "server"]
    if site.endpoint:
        by = "external" if address_of(site.endpoint) else "dns"
        why = "    # who serves it? keepalived, external (a load balancer) or dns"
        return ["  registration:", f"    address: {scalar(site.endpoint)}", f"    by: {by}{why}"]
    if len(servers) == 1:
        return ["  registration:", f"    address: {scalar(servers[0].address)}", "    by: server"]
    return [
        "  # Everything joined at one server's address, and could not join while that server was down.",
        "  # Put an address here that outlives each server; with a free IP of the servers' network:",
        "  #   registration: {address: 192.168.1.10, by: keepalived, interface: eth0, prefix: 24}",
        "  registration:",
        f"    address: {scalar(f'k3s.{site.name}.invalid')}    # resolves nowhere: replace it",
        "    by: dns",
    ]
