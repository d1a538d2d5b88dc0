"""The commands of the program k3s."""

import re

import pytest

from edgebook.lab.k3s.commands import jointokens, local
from tests.lab.k3s_bench import on_bench

SNAPSHOTS = "/var/lib/rancher/k3s/server/db/snapshots"


def typed(*commands, hosts=("s1",), where="s1", user="root"):
    """Bring hosts up, type commands on one of them, return the last answer and the host's snapshots."""

    async def act(bench):
        await bench.up(*hosts)
        for command in commands:
            answer = await bench.sh(where, command, user=user)
        return answer, bench.host("s1").files.listdir(SNAPSHOTS)

    return on_bench(act, servers=1, agents=1)


def test_version():
    """`k3s --version` names the release of the program that lies there."""
    answer, _ = typed("/usr/local/bin/k3s --version")
    assert re.match(r"k3s version v1\.31\.9\+k3s1 \([0-9a-f]{8}\)\ngo version go1\.2", answer.out)


def test_snapshot_is_a_file():
    """`etcd-snapshot save --name N` makes the file N-<node>-<seconds>, readable for root only, and says so."""

    async def act(bench):
        await bench.up("s1")
        answer = await bench.sh("s1", "k3s etcd-snapshot save --name post-install")
        (name,) = bench.host("s1").files.listdir(SNAPSHOTS)
        return answer, name, bench.host("s1").files.stat(f"{SNAPSHOTS}/{name}").mode & 0o777

    answer, name, mode = on_bench(act)
    assert re.fullmatch(r"post-install-s1-\d{10}", name)
    assert f'msg="Snapshot {name} saved."' in answer.err
    assert (0, 0o600) == (answer.code, mode)


def test_snapshots_are_listed():
    """`etcd-snapshot ls` shows name, place, size and time."""
    answer, (name,) = typed("k3s etcd-snapshot save", "k3s etcd-snapshot ls")
    head, row = answer.out.splitlines()
    assert ["Name", "Location", "Size", "Created"] == head.split()
    assert [name, f"file://{SNAPSHOTS}/{name}"] == row.split()[:2]


def test_snapshots_are_deleted():
    """`etcd-snapshot delete` removes the file."""
    _, left = typed("k3s etcd-snapshot save", f"k3s etcd-snapshot delete $(ls {SNAPSHOTS})")
    assert [] == left


def test_snapshots_are_pruned():
    """`etcd-snapshot prune` keeps the newest of a name."""
    old = "touch " + " ".join(f"{SNAPSHOTS}/on-demand-s1-{second}" for second in (1700000001, 1700000002, 1700000003))
    _, left = typed(old, "k3s etcd-snapshot prune --snapshot-retention 1")
    assert ["on-demand-s1-1700000003"] == left


def test_full_disk_takes_no_snapshot():
    """On a full disk the snapshot fails and says why."""

    async def act(bench):
        await bench.up("s1")
        disk = bench.host("s1").disks["/var/lib"]
        disk.used_kb = disk.size_kb
        return await bench.sh("s1", "k3s etcd-snapshot save")

    answer = on_bench(act)
    assert (1, True) == (answer.code, "no space left on device" in answer.err)


@pytest.mark.parametrize(
    ("command", "user", "text"),
    [
        ("k3s etcd-snapshot save", "edge", "permission denied"),
        ("systemctl stop k3s; k3s etcd-snapshot save", "root", "connection refused"),
        ("k3s etcd-snapshot frob", "root", "No help topic for 'frob'"),
        ("k3s token delete", "root", "missing 'token' argument to delete"),
    ],
)
def test_failures_are_fatal_lines(command, user, text):
    """A command that cannot be done ends with one fatal line and exit code 1."""
    answer, _ = typed(command, user=user)
    assert 1 == answer.code
    assert "level=fatal" in answer.err
    assert text in answer.err


def test_sqlite_has_no_snapshots():
    """On sqlite there is nothing for etcd-snapshot to do."""

    async def act(bench):
        bench.write("s1", "/etc/rancher/k3s/config.yaml", "token: server-secret-1234\n")
        await bench.install("s1")
        return await bench.sh("s1", "k3s etcd-snapshot save")

    assert "etcd datastore disabled" in on_bench(act).err


def test_created_token_admits_an_agent_only():
    """A token from `k3s token create` lets an agent join and no server."""

    async def act(bench):
        await bench.up("s1")
        token = (await bench.sh("s1", "k3s token create --ttl 1h --description line")).out.strip()
        bench.configure("a1", server="10.20.0.11", token=token)
        await bench.install("a1")
        bench.configure("s2", server="10.20.0.11", token=token)
        task = bench.world.spawn(bench.install("s2"))
        await bench.said("s2", "level=fatal")
        task.cancel()
        return token, (await bench.sh("s1", "k3s token list")).out, bench.journal("s2")

    token, listed, journal = on_bench(act)
    assert re.fullmatch(r"K10[0-9a-f]{64}::[a-z0-9]{6}\.[a-z0-9]{16}", token)
    assert "line" in listed
    assert "401 Unauthorized" in journal


def test_deleted_token_is_gone():
    """`k3s token delete` removes a token from the list."""
    answer, _ = typed("k3s token delete $(k3s token create)", "k3s token list")
    assert 1 == len(answer.out.splitlines())


def test_certificates_are_in_date():
    """`k3s certificate check` lists the certificates with their end."""
    answer, _ = typed("k3s certificate check --output table")
    assert "client-admin.crt" in answer.out
    assert "OK" in answer.out


def test_check_config_passes():
    """`k3s check-config` passes on a fresh host."""
    answer, _ = typed("k3s check-config")
    assert (0, True) == (answer.code, "STATUS: pass" in answer.out)


def test_crictl_shows_the_hosts_containers():
    """`k3s crictl ps` lists what runs on this host."""

    async def act(bench):
        await bench.up("s1")
        await bench.until(lambda: running(bench))
        return (await bench.sh("s1", "crictl ps")).out

    def running(bench):
        pods = bench.cluster.store.list("pods", "kube-system", "k8s-app=kube-dns")
        return any(pod["status"]["phase"] == "Running" for pod in pods)

    assert "coredns" in on_bench(act)


def test_secrets_encryption_is_off():
    """`k3s secrets-encrypt status` says that it is off where nobody turned it on."""
    answer, _ = typed("k3s secrets-encrypt status")
    assert "Encryption Status: Disabled" in answer.out


@pytest.mark.parametrize(("text", "seconds"), [("1h", 3600), ("1h30m", 5400), ("24h0m0s", 86400), ("0", 0)])
def test_durations(text, seconds):
    """Go's durations are read in seconds."""
    assert seconds == jointokens.seconds(text)


def test_words_without_flags():
    """The words that are neither flags nor values of flags."""
    words = ["--name", "x", "save", "--compress", "--dir=/a"]
    assert ["save"] == local.plain(words, "--name")
    assert "x" == local.flag(words, "--name")
    assert "/a" == local.flag(words, "--dir")
