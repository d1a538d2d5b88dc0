"""The rules about the cluster as a whole: versions, tokens, components, source, kubeconfig.

Not K3s's own options in server_config and agent_config: `rules_options` has those.
"""

from __future__ import annotations

from collections.abc import Iterator

from edgebook.errors import Problem
from edgebook.site.draft import Draft
from edgebook.site.mistakes import closest
from edgebook.site.options import COMPONENTS, OTHER_NAMES
from edgebook.site.versions import pair_mistake


def versions(site: Draft) -> Iterator[Problem]:
    """Refuse a K3s and a KubeEdge version that upstream does not support together."""
    found = pair_mistake(site.part("k3s").text("version"), site.part("kubeedge").text("version"))
    if found:
        yield site.part("kubeedge").problem("version", *found)


def tokens(site: Draft) -> Iterator[Problem]:
    """Refuse one token for servers and agents: a stolen agent could join as a server."""
    k3s = site.part("k3s")
    if k3s.text("token") and k3s.text("token") == k3s.text("agent_token"):
        key = "agent_token" if k3s.says("agent_token") else "token"
        wrong = "is the servers' token too: whoever takes an agent's disk could join as a server"
        yield k3s.problem(key, wrong, "a reference of its own, such as `file:secrets/k3s-agent-token`")


def components(site: Draft) -> Iterator[Problem]:
    """Refuse to disable a component that K3s does not package."""
    k3s = site.part("k3s")
    for where, name in k3s.texts("disable"):
        if name not in COMPONENTS:
            right = f"did you mean `{OTHER_NAMES[name]}`?" if name in OTHER_NAMES else closest(name, COMPONENTS)
            yield k3s.problem(where, f"K3s packages no component `{name}`", right)


def source(site: Draft) -> Iterator[Problem]:
    """Refuse a bundle without its folder, and options of the other kind."""
    part = site.part("source")
    if part.text("kind") == "bundle":
        if not part.says("path"):
            yield part.problem("path", "a bundle needs its folder", "path: FOLDER or FILE.tar, relative to this file")
        for key in ("installer_url", "mirror"):
            if part.says(key) and not part.spoilt(key):
                yield part.problem(key, "is for `kind: online` alone", "remove it: a bundle brings its installer")
    elif part.text("kind") == "online":
        for key in ("path", "signers"):
            if part.says(key):
                yield part.problem(key, "is for `kind: bundle` alone", f"`kind: bundle`, or remove the {key}")


def kubeconfig(site: Draft) -> Iterator[Problem]:
    """Refuse to merge the kubeconfig into itself, and to write it where another file of the site is."""
    k3s = site.part("k3s")
    path = k3s.text("kubeconfig")
    if path and k3s.text("merge_kubeconfig") == path:
        yield k3s.problem(
            "merge_kubeconfig", "is the kubeconfig itself", "another file, such as `~/.kube/config`, or remove it"
        )
    if path.removeprefix("./") == "site.yaml":
        yield k3s.problem("kubeconfig", "would overwrite this file", "kubeconfig: kubeconfig")


RULES = (versions, tokens, components, source, kubeconfig)
