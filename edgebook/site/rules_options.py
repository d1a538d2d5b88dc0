"""The rules about K3s's own options in server_config and agent_config.

Not a copy of K3s's checks: these are the options that K3s takes without a word and that hurt later.
"""

from __future__ import annotations

from collections.abc import Iterator

from edgebook.errors import Problem
from edgebook.site import options
from edgebook.site.document import Where
from edgebook.site.draft import Draft
from edgebook.site.mistakes import closest

CONFIGS = (("server_config", options.SERVER), ("agent_config", options.AGENT))
DISK_SIGNALS = {
    "nodefs.available": "nodefs.available<10%",
    "imagefs.available": "imagefs.available<10%",
    "nodefs.inodesFree": "nodefs.inodesFree<5%",
}
NEEDED_SIGNALS = ("nodefs.available", "imagefs.available")


def _configs(site: Draft) -> Iterator[tuple[str, Draft, frozenset[str]]]:
    for key, known in CONFIGS:
        yield key, site.part("k3s").part(key), known


def known_options(site: Draft) -> Iterator[Problem]:
    """Refuse options that edgebook sets, secrets, and what K3s would pass over in silence."""
    for title, config, known in _configs(site):
        for written in config:
            option = written.removesuffix("+")
            if option in options.OURS:
                yield config.problem(written, "edgebook sets this option itself", options.OURS[option])
            elif option in options.SECRET:
                yield config.problem(written, "holds a secret (not shown)", options.SECRET[option])
            elif option not in known:
                yield config.problem(written, *_unknown(option, title, known))


def _unknown(option: str, title: str, known: frozenset[str]) -> tuple[str, str]:
    dashed = option.lstrip("-").replace("_", "-")
    if title == "agent_config" and dashed in options.SERVER - known:
        reason = " that all servers must agree on" if dashed in options.CRITICAL else ""
        return f"is an option of servers{reason}", f"k3s.server_config: {{{dashed}: …}}"
    near = closest(dashed, known)
    right = near if near.startswith("did") else "the options are on docs.k3s.io, without the leading dashes"
    return "K3s has no such option, and passes over it without a word", right


def choices(site: Draft) -> Iterator[Problem]:
    """Refuse values that K3s dies of."""
    for _, config, known in _configs(site):
        for option, values in options.CHOICES.items():
            value = config.text(option)
            if value and value not in values and option in known:
                yield config.problem(option, f"`{value[:40]}` is not a choice here", f"one of {', '.join(values)}")


def kubeconfig_mode(site: Draft) -> Iterator[Problem]:
    """Refuse a mode that YAML misreads, and one that makes every local user an administrator."""
    config = site.part("k3s").part("server_config")
    key = "write-kubeconfig-mode"
    right = '"0600", or "0640" with write-kubeconfig-group'
    if not config.says(key) or config.spoilt(key):
        return
    mode = config.text(key)
    if not mode:
        yield config.problem(key, "must be in quotes: YAML reads 0644 as the number 420", right)
    elif not mode.isascii() or not mode.isdigit() or set(mode) & {"8", "9"}:
        yield config.problem(key, "is not a file mode", right)
    elif int(mode, 8) & 0o007:
        yield config.problem(key, f"{mode} makes every user of a server an administrator of the cluster", right)


def argument_lists(site: Draft) -> Iterator[Problem]:
    """Refuse component arguments that are not `name=value`."""
    for _, config, _ in _configs(site):
        for key in config:
            if key.removesuffix("+") in options.LISTS and not config.spoilt(key):
                yield from _arguments(config, key)


def _arguments(config: Draft, key: str) -> Iterator[Problem]:
    value = config.document.get((*config.where, key))
    if not isinstance(value, str | list):
        yield config.problem(key, "wants a list of `name=value`", f'{key}: ["max-pods=60"]')
    for at, item in enumerate(value if isinstance(value, list) else ()):
        place: Where = (*config.where, key, at)
        if not isinstance(item, str):
            yield config.problem(place, "wants `name=value`", 'such as "max-pods=60"')
        elif item.startswith("-"):
            yield config.problem(
                place, "starts with dashes", item.lstrip("-") if item.startswith("--") else "without the dash"
            )


def eviction(site: Draft) -> Iterator[Problem]:
    """Refuse `eviction-hard` without the disk: it replaces K3s's defaults, and nothing guards the disk then."""
    for _, config, _ in _configs(site):
        for key in ("kubelet-arg", "kubelet-arg+"):
            for where, text in config.texts(key):
                name, _, value = text.lstrip("-").partition("=")
                if name == "eviction-hard":
                    yield from _signals(config, where, value)


def _signals(config: Draft, where: Where, value: str) -> Iterator[Problem]:
    given = [part.strip() for part in value.split(",") if part.strip()]
    named = {part.partition("<")[0].strip() for part in given}
    lacking = [signal for signal in NEEDED_SIGNALS if signal not in named]
    if lacking:
        whole = [*given, *(text for signal, text in DISK_SIGNALS.items() if signal not in named)]
        wrong = f"eviction-hard without {' and '.join(lacking)} drops K3s's own limits: the disk could fill up"
        yield config.problem(where, wrong, f'"eviction-hard={",".join(whole)}"')


RULES = (known_options, choices, kubeconfig_mode, argument_lists, eviction)
