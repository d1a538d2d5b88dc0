"""Folder: the site folder of a lab in Docker, its keys, and what lab.json remembers."""

import stat
import subprocess
import threading

import pytest

from edgebook.lab.docker import folder
from edgebook.site import load
from tests.lab.docker.test_plan import made


@pytest.fixture
def keys():
    """Make the keys of a lab."""
    return folder.make_keys(made())


@pytest.fixture
def written(tmp_path, keys):
    """Write a site folder."""
    folder.write_site(tmp_path / "site", made(), keys)
    return tmp_path / "site"


def test_the_site_is_read_like_any_other(written):
    """edgebook's own reader finds hosts at their own addresses, port 22, and keepalived's address."""
    site = load(written)
    assert ("lab", "10.213.7.10", "keepalived", "eth0") == (
        site.name,
        str(site.k3s.registration.address),
        site.k3s.registration.by,
        site.k3s.registration.interface,
    )
    target = site.target("a1")
    assert ("10.213.7.21", 22, "edge") == (target.address, target.port, target.user)


def test_one_server_is_its_own_registration_address(tmp_path, keys):
    """There is nothing to keep alive between servers."""
    folder.write_site(tmp_path / "one", made(1, 0, 0), keys)
    registration = load(tmp_path / "one").k3s.registration
    assert ("server", "10.213.7.11") == (registration.by, str(registration.address))


def test_keys_and_secrets_are_the_owners(written):
    """The key is 0600 and the folder for secrets 0700."""
    modes = [stat.S_IMODE((written / name).stat().st_mode) for name in ("id_ed25519", "secrets")]
    assert [0o600, 0o700] == modes


def test_every_hosts_key_is_known_from_the_start(written, keys):
    """known_hosts holds one line a host, by its address."""
    lines = (written / "known_hosts").read_text().splitlines()
    assert [f"{host.address} ssh-ed25519" for host in made().hosts()] == [line.rpartition(" ")[0] for line in lines]
    assert keys.hosts["s1"].public.split()[1] == lines[0].split()[2]


def test_openssh_reads_the_keys(written, keys):
    """The public half that OpenSSH finds in the private file is the one that hosts let in."""
    shown = subprocess.run(
        ["ssh-keygen", "-y", "-f", written / "id_ed25519"], capture_output=True, text=True, check=True
    )
    assert keys.user.public.split()[:2] == shown.stdout.split()[:2]


def test_writing_again_removes_what_runs_made(written, keys):
    """A reset folder has no kubeconfig and no tokens."""
    (written / "kubeconfig").touch()
    (written / "secrets" / "k3s-token").touch()
    folder.write_site(written, made(), keys)
    assert {"site.yaml", "known_hosts", "id_ed25519", "secrets"} == {path.name for path in written.iterdir()}
    assert [] == list((written / "secrets").iterdir())


def test_what_is_remembered_comes_back_and_is_the_owners(tmp_path, keys):
    """Keys in lab.json are the same keys, in a file that nobody else reads."""
    folder.write_facts(tmp_path, {"keys": folder.keys_as_facts(keys)})
    assert keys == folder.keys_of(folder.read_facts(tmp_path))
    assert 0o600 == stat.S_IMODE((tmp_path / "lab.json").stat().st_mode)


def test_a_folder_without_a_lab_has_no_facts(tmp_path):
    """Nothing there, and half a file, are nothing remembered."""
    assert {} == folder.read_facts(tmp_path / "none")
    (tmp_path / "lab.json").write_text("{")
    assert {} == folder.read_facts(tmp_path)


def test_one_process_at_a_time_changes_a_lab(tmp_path):
    """The second waits for the first."""
    order = []

    def second():
        with folder.locked(tmp_path):
            order.append("second")

    waiting = threading.Thread(target=second)
    with folder.locked(tmp_path):
        waiting.start()
        waiting.join(0.2)
        order.append("first")
    waiting.join()
    assert ["first", "second"] == order
