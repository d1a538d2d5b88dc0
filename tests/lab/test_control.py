"""The practice site is started, asked, changed and stopped through its control port."""

import json
import os
import stat
import sys
import time
import urllib.error
import urllib.request

import pytest

from edgebook import lab
from edgebook.errors import LabError
from edgebook.lab import client
from edgebook.lab.processid import birth_of, end, is_same

SMALL = {"servers": 1, "agents": 1, "edges": 0}
RESET_LIMIT_S = 1.0


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """Start a small bare site in a thread."""
    with lab.running(tmp_path_factory.mktemp("control") / "lab", extensions=(), **SMALL) as site:
        yield site


@pytest.fixture
def site(running):
    """Give the site in its first state."""
    running.reset()
    return running


@pytest.fixture
def folder(tmp_path):
    """Name a folder whose site is stopped afterwards."""
    yield tmp_path / "lab"
    lab.down(tmp_path / "lab")


def facts(folder):
    """Read lab.json."""
    return json.loads((folder / "lab.json").read_text())


def ask(url, token, data=None):
    """Send a request by hand and return the HTTP status."""
    request = urllib.request.Request(url, data=data, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_status_lists_hosts(site):
    """The status has each host with role, address and port."""
    seen = lab.status(site.folder)
    assert [("s1", "server", "10.20.0.11", True), ("a1", "agent", "10.20.0.21", True)] == [
        (host.name, host.role, host.address, host.powered) for host in seen.hosts
    ]
    assert len({host.port for host in seen.hosts} | {seen.api_port}) == 3


def test_status_of_an_empty_folder(tmp_path):
    """Where nothing was started nothing runs."""
    assert not lab.status(tmp_path).running


def test_wrong_token_is_refused(site):
    """Without the token of lab.json the control port answers 401."""
    seen = facts(site.folder)
    assert (200, 401) == (ask(f"{seen['control']}/status", seen["token"]), ask(f"{seen['control']}/status", "guess"))


def test_control_file_is_private(site):
    """lab.json can be read by its owner only, as it holds the token."""
    assert 0o600 == stat.S_IMODE((site.folder / "lab.json").stat().st_mode)


def test_control_file_tells_how_to_reach_the_site(site):
    """lab.json has process, control address, ports and start time."""
    seen = facts(site.folder)
    assert {"schema", "pid", "birth", "control", "token", "ports", "since"} == set(seen)
    assert seen["control"].startswith("http://127.0.0.1:")


def test_unknown_fault_names_those_there_are(site):
    """A fault that is not in the catalogue is refused with a hint."""
    with pytest.raises(LabError, match="no fault is called 'gremlin'") as caught:
        lab.break_(site.folder, "gremlin")
    assert "disk-full" in caught.value.hint


def test_unknown_target_names_the_hosts(site):
    """A host that is not there is refused."""
    with pytest.raises(LabError, match="no host s9 here; there are s1, a1"):
        lab.break_(site.folder, "disk-full", "s9")


def test_unknown_option_names_those_it_takes(site):
    """An option that a fault does not take is refused."""
    with pytest.raises(LabError, match="clock-skew takes no option minutes; it takes seconds"):
        lab.break_(site.folder, "clock-skew", minutes=5)


def test_break_and_heal_show_in_the_status(site):
    """A fault is listed while it is there."""
    broken = lab.break_(site.folder, "clock-skew", "a1", seconds=90).faults
    healed = lab.heal(site.folder).faults
    assert ((("clock-skew", "a1"),), ()) == (broken, healed)


def test_reset_is_fast(site):
    """A reset takes less than a second."""
    began = time.monotonic()
    site.reset()
    assert time.monotonic() - began < RESET_LIMIT_S


def test_reset_keeps_ports_and_keys(site):
    """After a reset the site folder's own files are the same."""
    before = [(site.site_folder / name).read_bytes() for name in ("site.yaml", "known_hosts", "id_ed25519")]
    site.reset()
    assert before == [(site.site_folder / name).read_bytes() for name in ("site.yaml", "known_hosts", "id_ed25519")]


def test_reset_makes_the_world_new(site):
    """What was written on a host is gone; what was broken is whole."""
    site.do(lambda world: world.hosts["s1"].files.write("/etc/motd", "x"))
    site.break_("disk-full", "s1")
    site.reset()
    assert not site.do(lambda world: world.hosts["s1"].files.exists("/etc/motd"))
    assert () == site.status().faults


def test_reset_puts_the_folder_back(site):
    """What a run made in the site folder is removed, what a person put there stays."""
    for name in ("secrets/k3s-token", "kubeconfig", "notes.txt"):
        (site.site_folder / name).write_text("x")
    site.reset()
    assert ["id_ed25519", "known_hosts", "notes.txt", "secrets", "site.yaml"] == sorted(
        path.name for path in site.site_folder.iterdir()
    )
    assert [] == list((site.site_folder / "secrets").iterdir())


def test_hosts_are_up_after_a_reset(site):
    """When reset returns, every SSH port is open."""
    site.reset()
    assert site.do(lambda _: all(wire.listening for wire in site.lab.wires.values()))


def test_host_that_is_off_shows(site):
    """The status says which hosts are off."""
    site.break_("host-down", "a1")
    assert [True, False] == [host.powered for host in site.status().hosts]


def test_order_without_a_site_says_how_to_start_one(tmp_path):
    """An order to nobody names the command that starts a site."""
    with pytest.raises(LabError, match="no practice site runs in") as caught:
        lab.reset(tmp_path)
    assert "edgebook lab up" in caught.value.hint


def test_thread_ends_with_its_block(tmp_path):
    """After the block nothing runs and lab.json is gone."""
    with lab.running(tmp_path / "lab", extensions=(), **SMALL) as site:
        folder = site.folder
    assert (False, False) == (lab.status(folder).running, (folder / "lab.json").exists())


def test_down_on_a_thread_spares_its_process(tmp_path):
    """A site in a thread can be told to stop; the process that holds it lives on."""
    with lab.running(tmp_path / "lab", extensions=(), **SMALL) as site:
        assert not lab.down(site.folder).running
        deadline = time.monotonic() + 5
        while (site.folder / "lab.json").exists():
            assert time.monotonic() < deadline


def test_thread_that_cannot_start_says_why(tmp_path):
    """A site that fails to start raises in the thread that waits."""
    with pytest.raises(LabError, match="did not start"), lab.running(tmp_path / "lab", speed=0):
        pass


def test_site_runs_in_its_own_process(folder):
    """up starts a process that goes on by itself; down ends it and takes lab.json away."""
    status = lab.up(folder, **SMALL)
    assert (True, True) == (status.running, status.fresh)
    assert status.pid not in (0, os.getpid())
    lab.down(folder)
    assert (False, False) == (is_same(status.pid, birth_of(status.pid)), (folder / "lab.json").exists())


def test_second_up_leaves_the_site_as_it_is(folder):
    """up on a running site returns its status, not fresh."""
    first = lab.up(folder, **SMALL)
    second = lab.up(folder, servers=3)
    assert (first.pid, False, 2) == (second.pid, second.fresh, len(second.hosts))


def test_up_after_a_crash_starts_anew(folder):
    """A lab.json whose process is gone does not count."""
    first = lab.up(folder, **SMALL)
    end(first.pid, birth_of(first.pid), force=True)
    deadline = time.monotonic() + 5
    while lab.status(folder).running:
        assert time.monotonic() < deadline
    assert lab.up(folder, **SMALL).pid != first.pid


def test_site_that_does_not_start_names_the_log(folder):
    """The error of a failed start ends with the last line of the log."""
    with pytest.raises(LabError, match=r"ended at once: .*speed is 0"):
        lab.up(folder, speed=0.0)


def test_slow_start_is_given_up(folder, monkeypatch):
    """A site that is not ready in time is ended, and the error says so."""
    with pytest.raises(LabError, match=r"not ready within 0\.001 s"):
        lab.up(folder, timeout_s=0.001, **SMALL)


def test_down_without_a_site_is_fine(tmp_path):
    """Stopping nothing is no error."""
    assert not lab.down(tmp_path).running


def test_down_leaves_other_processes_alone(tmp_path):
    """A number that now belongs to another process is not signalled."""
    me = {"pid": os.getpid(), "birth": "some other time", "control": "http://127.0.0.1:9", "token": "x"}
    (tmp_path / "lab.json").write_text(json.dumps(me))
    assert not lab.down(tmp_path).running


def test_birth_tells_processes_apart():
    """A process is known by its number and its start; a number that is free is nobody."""
    assert is_same(os.getpid(), birth_of(os.getpid()))
    assert not is_same(os.getpid(), "another")
    assert "" == birth_of(2**22 + 1)


def test_fault_catalogue_is_public():
    """The catalogue is there without importing the servers first."""
    assert "link-lost" in lab.FAULTS
    with pytest.raises(AttributeError):
        _ = lab.nothing


def test_client_side_needs_no_servers():
    """Asking a site imports neither asyncssh nor aiohttp nor asyncio."""
    code = "import sys; from edgebook import lab; print([m for m in ('asyncssh', 'aiohttp', 'asyncio') if m in sys.modules])"
    answer = client.subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]" == answer.stdout.strip()


def test_proxies_are_not_asked(site, monkeypatch):
    """A proxy in the environment does not see the orders."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert lab.status(site.folder).running
