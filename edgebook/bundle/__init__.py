"""The bundle: the files a site is made from, fetched where there is Internet, and sent where there is none.

Not an installation, and not a registry: `create` gathers and lists, `mistakes` compares, `push` sends.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgebook.bundle.delivery import Delivery, deliveries, expect
    from edgebook.bundle.making import Created, Recipe, create
    from edgebook.bundle.opened import Bundle, open_bundle
    from edgebook.bundle.sending import Sent, authentic, push
    from edgebook.bundle.signature import signed_by
    from edgebook.bundle.verdicts import checks
    from edgebook.bundle.verification import mistakes

# What downloads and what connects is loaded with the first use of a name below.
_HOMES = {
    "Bundle": "opened",
    "Created": "making",
    "Delivery": "delivery",
    "Recipe": "making",
    "Sent": "sending",
    "authentic": "sending",
    "checks": "verdicts",
    "create": "making",
    "deliveries": "delivery",
    "expect": "delivery",
    "mistakes": "verification",
    "open_bundle": "opened",
    "push": "sending",
    "signed_by": "signature",
}

__all__ = [
    "Bundle",
    "Created",
    "Delivery",
    "Recipe",
    "Sent",
    "authentic",
    "checks",
    "create",
    "deliveries",
    "expect",
    "mistakes",
    "open_bundle",
    "push",
    "signed_by",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
