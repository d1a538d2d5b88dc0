"""The stages before the first server: registration address, artifacts, configuration.

Not here: starting K3s (`join`), and the cluster's objects (`finish`).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from edgebook.errors import InputError
from edgebook.k3s import tables
from edgebook.k3s.config import agent_config, keepalived_config, new_token, server_config
from edgebook.k3s.kubeconfig import write_private
from edgebook.k3s.work import CLUSTER, HERE, Work, change, exists, installed
from edgebook.records import Action, Outcome
from edgebook.secrets import Secret
from edgebook.site import Host as SiteHost
from edgebook.waiting import Look, until

PACKAGE_TIMEOUT_S = 300.0
DOWNLOAD_TIMEOUT_S = 120.0
ADDRESS_TIMEOUT_S = 60.0


def registration(work: Work) -> Iterator[Action]:
    """Plan the fixed registration address: keepalived on the servers, where the site says so."""
    if work.site.k3s.registration.by != "keepalived":
        return
    stage = "registration"
    for host in work.site.servers:
        k3s, text = work.k3s(host.name), keepalived_config(work.site, host)
        package = ["apt-get", "install", "-y", "--no-install-recommends", "keepalived"]
        yield change(
            stage,
            host.name,
            "package",
            "Install keepalived",
            shlex.join(package),
            partial(_command, work, host, package, PACKAGE_TIMEOUT_S),
            done=k3s.keepalived.loaded,
            undo="apt-get remove keepalived",
        )
        same = work.holds(host, tables.KEEPALIVED, text, "644")
        yield change(
            stage,
            host.name,
            "config",
            f"Write {tables.KEEPALIVED}",
            text,
            partial(work.write, host, tables.KEEPALIVED, text, mode=0o644, backup=True),
            done=same,
            wave=1,
            why="differs" if exists(work, host, tables.KEEPALIVED) else "absent",
            undo="put the earlier file back",
        )
        yield change(
            stage,
            host.name,
            "service",
            "Start keepalived",
            "systemctl enable keepalived && systemctl restart keepalived",
            partial(_restart, work, host, "keepalived"),
            done=same and k3s.keepalived.running and k3s.keepalived.enabled,
            wave=2,
            undo="systemctl disable --now keepalived",
        )
    address = str(work.site.k3s.registration.address)
    held = any(address in facts.ips for facts in work.seen.facts.values())
    yield change(
        stage,
        CLUSTER,
        "address",
        f"Wait until a server holds {address}",
        "ip -j -4 addr",
        partial(_held, work, address),
        done=held,
        wave=3,
    )


def artifacts(work: Work) -> Iterator[Action]:
    """Plan the installer, and from a bundle the program and its images, onto every host that lacks them."""
    lacking = [host for host in work.joined if not installed(work, host)]
    if work.site.source.kind == "bundle":
        for host in lacking:
            yield from _from_bundle(work, host)
        return
    url = work.site.source.installer_url
    fetch = ["curl", "-fsSL", "--create-dirs", "-o", tables.INSTALLER, url]
    first = work.first
    needed = bool(lacking)
    yield change(
        "artifacts",
        first.name,
        "fetch",
        "Fetch K3s's installer, once for all hosts",
        shlex.join(fetch),
        partial(_command, work, first, fetch, DOWNLOAD_TIMEOUT_S),
        done=not needed or exists(work, first, tables.INSTALLER),
        undo=f"rm -r {tables.OURS}",
    )
    for host in (one for one in work.joined if one.name != first.name):
        same = work.k3s(host.name).digests.get(tables.INSTALLER, "-") == work.k3s(first.name).digests.get(
            tables.INSTALLER, ""
        )
        yield change(
            "artifacts",
            host.name,
            "installer",
            "Copy the installer",
            f"{first.name}:{tables.INSTALLER} → {tables.INSTALLER}, same SHA-256",
            partial(_copy_installer, work, host),
            done=installed(work, host) or same,
            wave=1,
            undo=f"rm -r {tables.OURS}",
        )


def configuration(work: Work) -> Iterator[Action]:
    """Plan the cluster's secrets and each host's config.yaml; a running host is configured in its own stage."""
    stage = "configuration"
    for name, secret in (("token", work.site.k3s.token), ("agent-token", work.site.k3s.agent_token)):
        if secret.path is not None:
            shown = f"32 random bytes → {secret.reference}, mode 0600"
            yield change(
                stage,
                HERE,
                name,
                f"Make the {name.replace('-', ' ')}",
                shown,
                partial(_make_secret, secret, secret.path),
                done=secret.path.is_file(),
                undo="kept: snapshots can be restored only with it",
            )
    for host in work.joined:
        text = config_text(work, host)
        running = work.unit(host).running
        yield change(
            stage,
            host.name,
            "config",
            f"Write {tables.CONFIG}",
            text,
            partial(work.write, host, tables.CONFIG, text),
            done=running or work.holds(host, tables.CONFIG, text),
            wave=1,
            why="differs" if exists(work, host, tables.CONFIG) else "absent",
            undo="removed by the uninstaller",
        )
    for host in work.site.servers:
        yield change(
            stage,
            host.name,
            "agent-token",
            f"Write {tables.AGENT_TOKEN}",
            f"{work.site.k3s.agent_token.reference} → {tables.AGENT_TOKEN}, mode 0600",
            partial(_write_secret, work, host, tables.AGENT_TOKEN, work.site.k3s.agent_token),
            wave=1,
            done=exists(work, host, tables.AGENT_TOKEN) and work.unit(host).running,
            undo="removed by the uninstaller",
        )
    yield change(
        stage,
        work.first.name,
        "token",
        f"Write {tables.CLUSTER_TOKEN}",
        f"{work.site.k3s.token.reference} → {tables.CLUSTER_TOKEN}, mode 0600",
        partial(_write_secret, work, work.first, tables.CLUSTER_TOKEN, work.site.k3s.token),
        wave=1,
        done=exists(work, work.first, tables.CLUSTER_TOKEN) and work.unit(work.first).running,
        undo="removed by the uninstaller",
    )


def config_text(work: Work, host: SiteHost) -> str:
    """Return the config.yaml a host should have."""
    return server_config(work.site, host) if host.role == "server" else agent_config(work.site, host)


def _command(work: Work, host: SiteHost, argv: list[str], timeout_s: float) -> Outcome:
    work.host(host.name).run(argv, sudo=True, timeout_s=timeout_s).check()
    return Outcome("absent", "there")


def _restart(work: Work, host: SiteHost, unit: str) -> Outcome:
    connection = work.host(host.name)
    before = connection.run(["systemctl", "is-active", unit]).out.strip()
    connection.run(["systemctl", "enable", unit], sudo=True).check()
    connection.run(["systemctl", "restart", unit], sudo=True).check(hint=f"on {host.name}: journalctl -u {unit} -n 50")
    return Outcome(before, "active")


def _held(work: Work, address: str) -> Outcome:
    def look() -> Look:
        answers = work.fleet.run(["ip", "-j", "-4", "addr"], hosts=[host.name for host in work.site.servers])
        holders = [name for name, answer in answers.ok.items() if f'"{address}"' in answer.out]
        return Look(len(holders) == 1, f"held by {', '.join(holders) or 'no server'}")

    hint = (
        "on the servers: journalctl -u keepalived; two holders mean that VRRP (IP protocol 112) is blocked between them"
    )
    return Outcome(
        "free", until(look, what=f"{address} to be held by one server", timeout_s=ADDRESS_TIMEOUT_S, hint=hint)
    )


def _copy_installer(work: Work, host: SiteHost) -> Outcome:
    data = work.host(work.first.name).read(tables.INSTALLER, sudo=True)
    changed = work.host(host.name).write(tables.INSTALLER, data, mode=0o755, sudo=True)
    return Outcome("absent", f"{len(data)} bytes", changed)


def _from_bundle(work: Work, host: SiteHost) -> Iterator[Action]:
    folder = work.site.path(str(work.site.source.path))
    program, images = tables.ASSETS.get(work.seen.facts[host.name].arch, tables.ASSETS["x86_64"])
    wanted = [("installer", "install.sh", tables.INSTALLER, 0o755), ("program", program, tables.BINARY, 0o755)]
    if (folder / images).is_file():
        wanted.append(("images", images, f"{work.site.k3s.data_dir}/agent/images/{images}", 0o644))
    for name, file, remote, mode in wanted:
        if not (folder / file).is_file():
            raise InputError(
                f"the bundle {folder} has no {file}",
                hint="put the release's files there, or set `source: {kind: online}`",
            )
        yield change(
            "artifacts",
            host.name,
            name,
            f"Upload {file}",
            f"{folder / file} → {host.name}:{remote}",
            partial(_upload, work, host, folder / file, remote, mode),
            undo="removed by the uninstaller",
        )


def _upload(work: Work, host: SiteHost, local: Path, remote: str, mode: int) -> Outcome:
    sent = work.host(host.name).upload(local, remote, mode=mode, sudo=True)
    return Outcome("absent or other" if sent else "the same", "uploaded, SHA-256 equal", sent)


def _make_secret(secret: Secret, path: Path) -> Outcome:
    write_private(path, new_token() + "\n")
    secret.forget()
    return Outcome("absent", "made")


def _write_secret(work: Work, host: SiteHost, path: str, secret: Secret) -> Outcome:
    return work.write_secret(host, path, secret.value() + "\n")
