"""Releases, installer's texts and plan, log lines: the texts K3s leaves behind."""

from datetime import UTC, datetime

import pytest

from edgebook.lab.k3s import log, releases, setup, texts
from edgebook.lab.k3s.installer import InstallError, plan

NOW = datetime(2026, 1, 15, 8, tzinfo=UTC)


def test_checksum_file_fits_the_program():
    """The checksum file names the program that is served."""
    text = releases.serve(f"{releases.DOWNLOADS}/v1.31.9+k3s1/sha256sum-arm64.txt").decode()
    assert f"{releases.checksum('v1.31.9+k3s1', 'arm64')}  k3s-arm64\n" in text


def test_percent_encoded_plus():
    """A release's `+` may be percent-encoded."""
    plain, encoded = (releases.serve(f"{releases.DOWNLOADS}/v1.31.9{plus}k3s1/k3s") for plus in ("+", "%2B"))
    assert plain == encoded


@pytest.mark.parametrize("url", ["https://example.com/k3s", f"{releases.DOWNLOADS}/v1.31.9+k3s1/other"])
def test_nothing_else_is_served(url):
    """Other addresses are not found."""
    assert releases.serve(url) is None


def test_every_listed_page_is_there():
    """Every address that is put on the practice Internet has a page; the default version is among them."""
    pages = setup.addresses()
    assert f"{releases.DOWNLOADS}/{releases.STABLE}/k3s" in pages
    assert all(releases.serve(url) for url in pages[:40])


def test_program_knows_its_release():
    """A program's first line tells version and architecture."""
    assert ("v1.30.1+k3s1", "amd64") == releases.version_of(releases.binary("v1.30.1+k3s1"))
    assert ("", "") == releases.version_of(b"#!/bin/sh\n")


def test_environment_file():
    """The environment file holds K3S_ variables first, then proxies, quoted, and nothing else."""
    text = texts.environment({"PATH": "/bin", "NO_PROXY": "a,b", "K3S_TOKEN": "it's", "https_proxy": "http://p"})
    assert "K3S_TOKEN='it'\\''s'\nNO_PROXY='a,b'\nhttps_proxy='http://p'\n" == text


def test_unit_carries_its_arguments():
    """Arguments of the command stand in the unit, one a line."""
    text = texts.unit(kind="notify", env_file="/e", bin_dir="/b", command="server", arguments=["--disable=traefik"])
    assert "ExecStart=/b/k3s \\\n    server \\\n\t'--disable=traefik' \\\n" in text
    assert "EnvironmentFile=-/e\n" in text


@pytest.mark.parametrize(
    ("variables", "words", "want"),
    [
        ({}, [], ("server", [], "k3s")),
        ({}, ["agent"], ("agent", [], "k3s-agent")),
        ({"INSTALL_K3S_EXEC": "server --disable traefik"}, [], ("server", ["--disable", "traefik"], "k3s")),
        ({"INSTALL_K3S_EXEC": "--disable=traefik"}, [], ("server", ["--disable=traefik"], "k3s")),
        ({"K3S_URL": "https://x:6443", "K3S_TOKEN": "t"}, [], ("agent", [], "k3s-agent")),
        ({"INSTALL_K3S_NAME": "two"}, [], ("server", [], "k3s-two")),
    ],
)
def test_installer_makes_out_what_to_run(variables, words, want):
    """The installer finds command, arguments and unit name as the real script does."""
    found = plan(variables, words)
    assert want == (found.command, found.arguments, found.name)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"K3S_URL": "https://x:6443"}, "K3S_TOKEN or K3S_TOKEN_FILE is not defined"),
        ({"K3S_URL": "http://x", "K3S_TOKEN": "t"}, "Only https:// URLs are supported"),
        ({"INSTALL_K3S_NAME": "a b"}, "Invalid characters"),
    ],
)
def test_installer_refuses(variables, said):
    """What the real script refuses is refused with its words."""
    with pytest.raises(InstallError, match=said):
        plan(variables, [])


@pytest.mark.parametrize(
    ("message", "shown"), [("start", "start"), ("two words", '"two words"'), ('say "x"', '"say \\"x\\""')]
)
def test_log_line(message, shown):
    """Messages are quoted as K3s's logger does: only when they need it."""
    assert f'time="2026-01-15T08:00:00Z" level=info msg={shown}' == log.line(NOW, "info", message)
