"""What every test shares: nobody's own settings, and one practice site for the session."""

import signal

import pytest

from edgebook import lab
from tests.nbval_guard import NbvalGuard

pytest_plugins = ["tests.dockerhosts", "tests.contract.clusters"]
PERSONAL = (
    "KUBECONFIG",
    "SSH_AUTH_SOCK",
    "EDGEBOOK_SITES",
    "EDGEBOOK_RUNS",
    "EDGEBOOK_HEADLESS",
    "EDGEBOOK_RUN_ID",
    "EDGEBOOK_PROGRESS",
)
PROXIES = tuple(f"{name}_proxy" for name in ("http", "https", "no", "all"))


def pytest_configure(config):
    """Guard the notebooks wherever they lie; let Ctrl-C count, which a shell's background jobs ignore."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.pluginmanager.hasplugin("nbval"):
        config.pluginmanager.register(NbvalGuard(), "nbval-guard")


@pytest.fixture(autouse=True)
def _nobodys_settings(monkeypatch, tmp_path_factory):
    """Hide ~/.ssh, ~/.kube, KUBECONFIG, agents and proxies of whoever runs the tests."""
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    for name in (*PERSONAL, *PROXIES, *(proxy.upper() for proxy in PROXIES)):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def practice(tmp_path_factory):
    """Start one practice site for the whole session, in a process of its own."""
    folder = tmp_path_factory.mktemp("practice") / "lab"
    status = lab.up(folder, speed=40.0)
    yield status
    lab.down(folder)


@pytest.fixture
def site_folder(practice, monkeypatch, tmp_path):
    """Give a practice site in its first state, found under the name `lab`, with runs kept in tmp_path."""
    lab.reset(practice.folder)
    pointer = tmp_path / "sites" / "lab" / "site.yaml"
    pointer.parent.mkdir(parents=True)
    pointer.write_text(f"folder: {practice.site_folder}\nstart: edgebook lab up\n")
    monkeypatch.setenv("EDGEBOOK_SITES", str(pointer.parent.parent))
    monkeypatch.setenv("EDGEBOOK_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("EDGEBOOK_HEADLESS", "1")
    return practice.site_folder
