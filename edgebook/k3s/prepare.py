"""The stages before the first server: artifacts and configuration.

Not here: the registration address (`address`), starting K3s (`join`), and the cluster's objects (`finish`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from edgebook.bundle import Delivery, deliveries, expect, open_bundle
from edgebook.k3s import tables
from edgebook.k3s.config import agent_config, installer_environment, new_token, server_config
from edgebook.k3s.kubeconfig import as_it_is, write_private
from edgebook.k3s.work import HERE, Work, change, exists, installed
from edgebook.records import Action, Outcome
from edgebook.secrets import Secret
from edgebook.site import Host as SiteHost

DOWNLOAD_TIMEOUT_S = 120.0
UNINSTALLER = "removed by the uninstaller"


def artifacts(work: Work) -> Iterator[Action]:
    """Plan the installer, and from a bundle the program and its images, onto every host that lacks them."""
    lacking = [host for host in work.joined if not installed(work, host)]
    if work.site.source.kind == "bundle":
        yield from _from_bundle(work, lacking)
        return
    url, undo = work.site.source.installer_url, f"rm -r {tables.OURS}"
    shown = f"curl -fsSL --create-dirs -o {tables.INSTALLER} {url}"
    title, done = "Fetch K3s's installer, once for all hosts", not lacking or exists(work, work.first, tables.INSTALLER)
    act = partial(_fetch, work, url)
    yield change("artifacts", work.first.name, "fetch", title, shown, act, done=done, undo=undo)
    for host in (one for one in work.joined if one.name != work.first.name):
        yield _copied(work, host, undo)


def _copied(work: Work, host: SiteHost, undo: str) -> Action:
    here, there = (work.k3s(name).digests.get(tables.INSTALLER) for name in (host.name, work.first.name))
    done = installed(work, host) or (here is not None and here == there)
    shown = f"{work.first.name}:{tables.INSTALLER} → {tables.INSTALLER}, same SHA-256"
    act = partial(_copy_installer, work, host)
    return change("artifacts", host.name, "installer", "Copy the installer", shown, act, done=done, wave=1, undo=undo)


def configuration(work: Work) -> Iterator[Action]:
    """Plan the cluster's secrets and each host's config.yaml; a running host is configured in its own stage."""
    k3s = work.site.k3s
    yield from _made("token", k3s.token)
    yield from _made("agent-token", k3s.agent_token)
    for host in work.joined:
        yield _configured(work, host)
    for host in work.site.servers:
        yield _given(work, host, "agent-token", tables.AGENT_TOKEN, k3s.agent_token)
    yield _given(work, work.first, "token", tables.CLUSTER_TOKEN, k3s.token)


def _made(name: str, secret: Secret) -> Iterator[Action]:
    """Plan a secret that site.yaml names by file; other references are somebody else's to fill."""
    if secret.path is not None:
        title, shown = f"Make the {name.replace('-', ' ')}", f"32 random bytes → {secret.reference}, mode 0600"
        act, undo = partial(_make_secret, secret, secret.path), "kept: snapshots can be restored only with it"
        done, facts = secret.path.is_file(), as_it_is(secret.path)
        yield change("configuration", HERE, name, title, shown, act, done=done, undo=undo, facts=facts)


def _configured(work: Work, host: SiteHost) -> Action:
    text, title = config_text(work, host), f"Write {tables.CONFIG}"
    done = work.unit(host).running or work.holds(host, tables.CONFIG, text)
    act, why = partial(work.write, host, tables.CONFIG, text), _state(work, host, tables.CONFIG)
    return change("configuration", host.name, "config", title, text, act, done=done, wave=1, why=why, undo=UNINSTALLER)


def _given(work: Work, host: SiteHost, name: str, path: str, secret: Secret) -> Action:
    shown, done = f"{secret.reference} → {path}, mode 0600", exists(work, host, path) and work.unit(host).running
    act = partial(_write_secret, work, host, path, secret)
    return change("configuration", host.name, name, f"Write {path}", shown, act, done=done, wave=1, undo=UNINSTALLER)


def _state(work: Work, host: SiteHost, path: str) -> str:
    return "differs" if exists(work, host, path) else "absent"


def config_text(work: Work, host: SiteHost) -> str:
    """Return the config.yaml a host should have."""
    return server_config(work.site, host) if host.role == "server" else agent_config(work.site, host)


def _fetch(work: Work, url: str) -> Outcome:
    """Download under another name first: what an interrupted run leaves must not look like the installer."""
    environment = {key: value for key, value in installer_environment(work.site).items() if key.endswith("_PROXY")}
    text = 'curl -fsSL --create-dirs -o "$1.part" "$2" && mv "$1.part" "$1"'
    call = ["sh", "-c", text, "edgebook", tables.INSTALLER, url]
    hint = "does the host reach the Internet? without it: `source: {kind: bundle, path: …}` in site.yaml"
    work.host(work.first.name).run(call, sudo=True, env=environment, timeout_s=DOWNLOAD_TIMEOUT_S).check(hint=hint)
    return Outcome("absent", "there")


def _copy_installer(work: Work, host: SiteHost) -> Outcome:
    data = work.host(work.first.name).read(tables.INSTALLER, sudo=True)
    changed = work.host(host.name).write(tables.INSTALLER, data, mode=0o755, sudo=True)
    return Outcome("absent", f"{len(data)} bytes", changed)


def _from_bundle(work: Work, lacking: Sequence[SiteHost]) -> Iterator[Action]:
    """Plan what of the bundle each host gets; a bundle that does not serve all of them is refused first."""
    if not lacking:
        return
    bundle = open_bundle(work.site.path(str(work.site.source.path)))
    arches = {host.name: work.seen.facts[host.name].arch for host in lacking}
    expect(work.site, bundle, arches)
    for host in lacking:
        for each in deliveries(work.site, bundle, host, arches[host.name]):
            shown = f"{each.file.name} of {bundle.path} → {host.name}:{each.remote}, sha256 {each.payload.sha256[:12]}"
            yield change(
                "artifacts",
                host.name,
                each.file.kind,
                f"Upload {each.file.name}",
                shown,
                partial(_upload, work, host, each),
                done=_there(work, host, each),
                undo=UNINSTALLER,
            )


def _there(work: Work, host: SiteHost, each: Delivery) -> bool:
    k3s = work.k3s(host.name)
    return (k3s.digests.get(each.remote), k3s.modes.get(each.remote)) == (each.payload.sha256, format(each.mode, "o"))


def _upload(work: Work, host: SiteHost, each: Delivery) -> Outcome:
    sent = work.host(host.name).upload(each.payload, each.remote, mode=each.mode, sudo=True)
    return Outcome("absent or other" if sent else "the same", "uploaded, SHA-256 equal", sent)


def _make_secret(secret: Secret, path: Path) -> Outcome:
    write_private(path, new_token() + "\n")
    secret.forget()
    return Outcome("absent", "made")


def _write_secret(work: Work, host: SiteHost, path: str, secret: Secret) -> Outcome:
    return work.write_secret(host, path, secret.value() + "\n")
