"""The import of a k3sup plan: its JSON list of hosts.

Not an import of a running cluster; k3sup keeps no record of one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from edgebook.errors import Problem, SiteInvalid, SiteNotFound
from edgebook.site.imported import Imported, ImportedHost, render, usable_name

K3SUP_KEY = "~/.ssh/id_rsa"
"""The key k3sup takes when none is named."""


def from_k3sup(
    plan_json_path: str | Path, *, servers: int = 3, user: str = "root", key: str = K3SUP_KEY, tls_san: str = ""
) -> str:
    """Return a site.yaml made from the hosts file of `k3sup plan`.

    Args:
        plan_json_path: a JSON list of `{"hostname": …, "ip": …}`.
        servers: how many of the hosts, from the first, are servers; lowered to the next odd number.
        user: the user k3sup logs in as.
        key: the private key k3sup logs in with.
        tls_san: the address given to k3sup as `--tls-san`; it becomes the registration address.
    """
    path = Path(plan_json_path)
    hosts = _hosts(path)
    wanted = min(servers, len(hosts), 5)
    odd = max(wanted - 1 + wanted % 2, 1)
    notes = (
        [f"k3sup would make {wanted} servers of these hosts; etcd wants an odd number, so that {odd} are."]
        if odd != wanted
        else []
    )
    made, used = [], set[str]()
    for at, (name, address) in enumerate(hosts):
        role = "server" if at < odd else "agent"
        fixed = usable_name(name, f"{role}-{at + 1}")
        fixed = fixed if fixed not in used else f"{role}-{at + 1}"
        used.add(fixed)
        note = f"was {name}; the host's own name must be the same" if fixed != name else ""
        made.append(ImportedHost(fixed, role, address, note=note))
    name = usable_name(path.stem, "imported")
    return render(
        Imported(path.name, name, tuple(made), user, endpoint=tls_san.partition(",")[0], key=key, notes=tuple(notes))
    )


def _hosts(path: Path) -> list[tuple[str, str]]:
    value = _read(path)
    problems = []
    hosts = []
    for at, item in enumerate(value if isinstance(value, list) else ()):
        name, address = (item.get("hostname"), item.get("ip")) if isinstance(item, dict) else (None, None)
        if isinstance(name, str) and isinstance(address, str) and name and address:
            hosts.append((name, address))
        else:
            problems.append(
                Problem(str(path), 1, f"[{at}]", "is not a host", '{"hostname": "node-1", "ip": "192.168.1.11"}')
            )
    if not hosts and not problems:
        problems.append(Problem(str(path), 1, "plan", "holds no hosts", 'a list of {"hostname": …, "ip": …}'))
    if problems:
        raise SiteInvalid(f"{path}: not a k3sup plan", problems)
    return hosts


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as exc:
        raise SiteNotFound(f"{path}: {exc.strerror}", hint="give the JSON file that `k3sup plan` reads") from exc
    except json.JSONDecodeError as exc:
        raise SiteInvalid(f"{path}: not JSON", [Problem(str(path), exc.lineno, "JSON", exc.msg)]) from None
    except (ValueError, RecursionError):
        raise SiteInvalid(
            f"{path}: not JSON", [Problem(str(path), 1, "JSON", "is not UTF-8 text, or nested too deeply")]
        ) from None
