"""A site without Internet: runbook 10 from a bundle connects to nothing but the site's own addresses."""

import contextlib
import os
import socket
import threading
from urllib.parse import urlsplit

import pytest
import yaml

from edgebook import lab
from edgebook.bundle import Recipe, create
from edgebook.errors import PreflightFailed
from edgebook.lab.k3s import releases
from edgebook.lab.k3s.releases import INSTALLER
from edgebook.site import load
from edgebook.ssh import Fleet
from tests.bundle.releases import lay
from tests.player import play

LAB_THREADS = ("edgebook practice site", "asyncio_")


@pytest.fixture
def practice(tmp_path, monkeypatch):
    """Give a practice site of three servers and an agent whose network has no uplink, made from a bundle."""
    monkeypatch.setenv("EDGEBOOK_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("EDGEBOOK_HEADLESS", "1")
    with lab.running(tmp_path / "lab", speed=40.0, servers=3, agents=1, edges=0) as site:
        version = load(site.site_folder).k3s.version
        images = {"k3s-airgap-images-amd64.tar.zst": releases.images(version)}
        usb = lay(tmp_path / "usb", {"k3s": releases.binary(version), "install.sh": INSTALLER.encode(), **images})
        create(load(site.site_folder), Recipe(tmp_path / "bundle", source=usb))
        with Fleet([load(site.site_folder).target(name) for name in ("s1", "s2", "s3")]) as fleet:
            fleet.run(["apt-get", "install", "-y", "keepalived"], sudo=True).require()
        path = site.site_folder / "site.yaml"
        data = yaml.safe_load(path.read_text())
        path.write_text(yaml.safe_dump({**data, "source": {"kind": "bundle", "path": str(tmp_path / "bundle")}}))
        site.do(lambda world: [setattr(host, "online", False) for host in world.hosts.values()])
        yield site


@contextlib.contextmanager
def watched(monkeypatch):
    """Record where this process connects to, and which names it looks up, outside the practice site's own threads."""
    seen = set()

    def recording(real, index):
        def record(*args, **options):
            if not threading.current_thread().name.startswith(LAB_THREADS):
                address = args[index]
                seen.add(tuple(address[:2]) if isinstance(address, tuple) else address)
            return real(*args, **options)

        return record

    with monkeypatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, recording(getattr(socket.socket, name), 1), raising=False)
        patch.setattr(socket, "getaddrinfo", recording(socket.getaddrinfo, 0))
        yield seen


def addresses(site):
    """Return what may be connected to: each host's SSH, and the cluster's API."""
    api = urlsplit(site.api_url)
    hosts = {(site.target(host.name).address, site.target(host.name).port) for host in site.hosts}
    return hosts | {(api.hostname, api.port)} | {address for address, _ in hosts} | {api.hostname}


def asked_outside(world, asked):
    """Record every download and every name of the Internet that a host asks for."""
    real_download, real_resolve = world.network.download, world.network.resolve

    def download(source, url):
        asked.append((source.name, url))
        return real_download(source, url)

    def resolve(source, name):
        try:
            return real_resolve(source, name)
        except socket.gaierror:
            asked.append((source.name, name))
            raise

    world.network.download, world.network.resolve = download, resolve


def test_a_run_from_a_bundle_connects_to_nothing_but_the_site(practice, monkeypatch):
    """Neither this computer nor any host asks for an address that is not the site's, and the cluster stands."""
    asked = []
    practice.do(lambda world: asked_outside(world, asked))
    site = load(practice.site_folder)
    with watched(monkeypatch) as seen:
        played = play(site=str(practice.site_folder))
        played.run.close()
    assert seen
    assert set() == seen - addresses(site)
    assert [] == asked
    assert "artifacts/a1/program" in played.changed


def test_the_watch_would_see_a_connection(practice, monkeypatch, free_port):
    """What is recorded is recorded: a connection elsewhere would stand out."""
    with watched(monkeypatch) as seen, contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", free_port), timeout=1)
    assert ("127.0.0.1", free_port) in seen - addresses(load(practice.site_folder))


def test_without_a_bundle_the_same_site_fails(practice):
    """The hosts really have no uplink: the same run with `source: online` stops at its first download."""
    path = practice.site_folder / "site.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "source": {"kind": "online"}}))
    with pytest.raises(Exception, match=r"Could not resolve host"):
        play(site=str(practice.site_folder))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: os.truncate(folder / "k3s", 9), "k3s is truncated: 9 of"),
        (lambda folder: (folder / "install.sh").write_bytes(b"#!practice:k3s-instalL\n"), "install.sh is truncated"),
        (lambda folder: (folder / "k3s").unlink(), "k3s is missing"),
        (lambda folder: (folder / "manifest.json").write_text("{}"), "is not a block with `files`"),
    ],
    ids=["truncated", "replaced", "missing", "manifest"],
)
def test_a_wrong_bundle_is_named_before_anything_is_installed(practice, tmp_path, spoil, said):
    """Preflight fails with the file and what is wrong with it, and no host has anything of it."""
    spoil(tmp_path / "bundle")
    with pytest.raises(PreflightFailed) as caught:
        play(site=str(practice.site_folder))
    assert said in str(caught.value)
    assert not any(practice.do(lambda world: [host.files.exists("/var/lib/edgebook") for host in world.hosts.values()]))


def test_a_bundle_for_other_hosts_is_named_before_anything_is_installed(practice):
    """A host of another processor is told with what the bundle has."""
    practice.do(lambda world: setattr(world.hosts["a1"], "arch", "aarch64"))
    with pytest.raises(PreflightFailed, match="its programs are for x86_64, and the host's is aarch64"):
        play(site=str(practice.site_folder))


def test_servers_without_keepalived_are_named(practice):
    """What no bundle brings is said in preflight, before a run stops at it."""
    with Fleet([load(practice.site_folder).target("s2")]) as fleet:
        fleet["s2"].run(["apt-get", "remove", "-y", "keepalived"], sudo=True).check()
    played = play(site=str(practice.site_folder), apply=False)
    assert "the host's package archive would be asked for it" in played.text
