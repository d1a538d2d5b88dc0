"""The site: what a site.yaml describes, read, checked and resolved.

Not a connection to it: hosts and cluster are reached through `ssh` and `cluster`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgebook.site.ansible import from_ansible
    from edgebook.site.k3sup import from_k3sup
    from edgebook.site.loading import check, load
    from edgebook.site.lookup import find
    from edgebook.site.models import Site
    from edgebook.site.parts import Host, JumpHost, K3s, Ssh
    from edgebook.site.schema import json_schema

# pydantic takes a tenth of a second: it is loaded with the first use of a name below.
_HOMES = {
    "Host": "parts",
    "JumpHost": "parts",
    "K3s": "parts",
    "Site": "models",
    "Ssh": "parts",
    "check": "loading",
    "find": "lookup",
    "from_ansible": "ansible",
    "from_k3sup": "k3sup",
    "json_schema": "schema",
    "load": "loading",
}

__all__ = [
    "Host",
    "JumpHost",
    "K3s",
    "Site",
    "Ssh",
    "check",
    "find",
    "from_ansible",
    "from_k3sup",
    "json_schema",
    "load",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
