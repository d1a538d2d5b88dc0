"""`k3s token`: create, list, delete, generate.

Not the server token's rotation.
"""

from __future__ import annotations

import base64
import re
from datetime import datetime, timedelta

from edgebook.lab.hosts.call import Call
from edgebook.lab.k3s import tokens
from edgebook.lab.k3s.cluster import BOOTSTRAP_GROUPS, secret_text
from edgebook.lab.k3s.commands.local import CommandFailed, flag, plain, server_here
from edgebook.lab.k3s.log import stamp
from edgebook.lab.k3s.packaged import NAMESPACE
from edgebook.lab.k3s.process import ServerProcess
from edgebook.lab.k3s.registry import registry

ID_CHARS, SECRET_CHARS = 6, 16
TYPE = "bootstrap.kubernetes.io/token"
UNITS_S = {"h": 3600, "m": 60, "s": 1}
DEFAULT_TTL = "24h0m0s"


def seconds(text: str) -> int:
    """Read a duration such as `1h30m`; 0 means for ever."""
    parts = re.findall(r"(\d+)([hms])", text)
    if text != "0" and "".join(number + unit for number, unit in parts) != text:
        raise CommandFailed(f'time: invalid duration "{text}"')
    return sum(int(number) * UNITS_S[unit] for number, unit in parts)


def join_tokens(call: Call, words: list[str]) -> int:
    """Answer `k3s token …`."""
    process = server_here(call)
    names = plain(words, "--ttl", "--description", "--groups", "--usages", "-o", "--output", "--data-dir")
    action = names.pop(0) if names else "list"
    if action == "create":
        return _create(call, process, words, names)
    if action == "list":
        return _list(call, process)
    if action == "delete":
        return _delete(call, process, names)
    if action == "generate":
        call.out(_drawn(call) + "\n")
        return 0
    raise CommandFailed(f"No help topic for '{action}'")


def _drawn(call: Call) -> str:
    digits = registry(call.world).digits(call.host, "bootstrap-token", ID_CHARS + SECRET_CHARS)
    return f"{digits[:ID_CHARS]}.{digits[ID_CHARS:]}"


def _create(call: Call, process: ServerProcess, words: list[str], names: list[str]) -> int:
    text = names[0] if names else _drawn(call)
    if not tokens.BOOTSTRAP.match(text):
        raise CommandFailed(f'the bootstrap token "{text}" was not of the form "[a-z0-9]{{6}}.[a-z0-9]{{16}}"')
    identity, _, secret = text.partition(".")
    ttl_s = seconds(flag(words, "--ttl", default=DEFAULT_TTL))
    values = {
        "token-id": identity,
        "token-secret": secret,
        "description": flag(words, "--description"),
        "usage-bootstrap-authentication": "true",
        "usage-bootstrap-signing": "true",
        "auth-extra-groups": BOOTSTRAP_GROUPS,
    }
    if ttl_s:
        values["expiration"] = stamp(call.host.now() + timedelta(seconds=ttl_s))
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items() if value}
    name = f"bootstrap-token-{identity}"
    body = {"metadata": {"name": name, "namespace": NAMESPACE}, "type": TYPE, "data": data}
    process.cluster.store.create("secrets", body, NAMESPACE)
    call.out(f"{tokens.PREFIX}{tokens.ca_hash(process.cluster.ca_pem)}::{text}\n")
    return 0


def _list(call: Call, process: ServerProcess) -> int:
    rows = [("TOKEN", "TTL", "EXPIRES", "USAGES", "DESCRIPTION", "EXTRA GROUPS")]
    for found in process.cluster.store.list("secrets", NAMESPACE, fields=f"type={TYPE}"):
        data = secret_text(found)
        expires = data.get("expiration", "")
        shown = f"{data['token-id']}.{data['token-secret']}"
        usages, about = "authentication,signing", data.get("description", "<none>")
        rows.append((shown, _left(expires, call.host.now()), expires or "<never>", usages, about, BOOTSTRAP_GROUPS))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        call.out("   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")
    return 0


def _left(expires: str, now: datetime) -> str:
    if not expires:
        return "<forever>"
    left_s = int((datetime.fromisoformat(expires) - now).total_seconds())
    if left_s <= 0:
        return "<invalid>"
    return f"{left_s // UNITS_S['h']}h" if left_s >= UNITS_S["h"] else f"{left_s // UNITS_S['m']}m"


def _delete(call: Call, process: ServerProcess, names: list[str]) -> int:
    if not names:
        raise CommandFailed("missing 'token' argument to delete")
    for name in names:
        identity = name.rpartition("::")[2].partition(".")[0]
        secret = f"bootstrap-token-{identity}"
        if process.cluster.store.find("secrets", secret, NAMESPACE) is None:
            raise CommandFailed(f'failed to delete bootstrap token "{identity}": secrets "{secret}" not found')
        process.cluster.store.delete("secrets", secret, NAMESPACE)
        call.out(f'bootstrap token "{identity}" deleted\n')
    return 0
