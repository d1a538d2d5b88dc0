"""Installing K3s by hand, end to end."""

import pytest

from edgebook.lab.k3s import releases
from tests.lab.k3s_bench import on_bench

WHOLE = """\
[INFO]  Using v1.31.9+k3s1 as release
[INFO]  Downloading hash https://github.com/k3s-io/k3s/releases/download/v1.31.9+k3s1/sha256sum-amd64.txt
[INFO]  Downloading binary https://github.com/k3s-io/k3s/releases/download/v1.31.9+k3s1/k3s
[INFO]  Verifying binary download
[INFO]  Installing k3s to /usr/local/bin/k3s
[INFO]  Skipping installation of SELinux RPM
[INFO]  Creating /usr/local/bin/kubectl symlink to k3s
[INFO]  Creating /usr/local/bin/crictl symlink to k3s
[INFO]  Creating /usr/local/bin/ctr symlink to k3s
[INFO]  Creating killall script /usr/local/bin/k3s-killall.sh
[INFO]  Creating uninstall script /usr/local/bin/k3s-uninstall.sh
[INFO]  env: Creating environment file /etc/systemd/system/k3s.service.env
[INFO]  systemd: Creating service file /etc/systemd/system/k3s.service
[INFO]  systemd: Enabling k3s unit
[INFO]  systemd: Starting k3s
"""


def test_three_servers_and_an_agent_become_ready():
    """Three servers and one agent installed by hand are Ready, with the roles K3s gives them."""

    async def act(bench):
        await bench.up("s1", "s2", "s3", "a1")
        return (await bench.sh("s2", "k3s kubectl get nodes --no-headers")).out

    rows = [line.split()[:3] for line in on_bench(act).splitlines()]
    servers = [[name, "Ready", "control-plane,etcd,master"] for name in ("s1", "s2", "s3")]
    assert [["a1", "Ready", "<none>"], *servers] == rows


def test_installer_says_what_the_real_one_says():
    """The installer prints the real script's lines, in its order."""

    async def act(bench):
        bench.configure("s1")
        return await bench.install("s1")

    answer = on_bench(act)
    assert WHOLE == answer.out


def test_installer_writes_the_real_files():
    """Unit, environment file, links and scripts lie where the real script puts them, with its modes."""

    async def act(bench):
        bench.configure("s1")
        await bench.install("s1", env="K3S_DEBUG=true INSTALL_K3S_SKIP_START=true")
        files = bench.host("s1").files
        modes = {path: files.stat(path).mode & 0o777 for path in ("/usr/local/bin/k3s", UNIT, f"{UNIT}.env")}
        return modes, files.text(f"{UNIT}.env"), files.text(UNIT), files.readlink("/usr/local/bin/kubectl")

    modes, variables, unit, link = on_bench(act)
    assert {"/usr/local/bin/k3s": 0o755, UNIT: 0o644, f"{UNIT}.env": 0o600} == modes
    assert "K3S_DEBUG='true'\n" == variables
    assert "Type=notify" in unit
    assert "k3s" == link


UNIT = "/etc/systemd/system/k3s.service"


def test_second_run_changes_nothing():
    """The installer run again skips the download and does not restart the service."""

    async def act(bench):
        bench.configure("s1")
        await bench.install("s1")
        pid = bench.host("s1").units.show("k3s")["MainPID"]
        answer = await bench.install("s1")
        return answer.out, pid, bench.host("s1").units.show("k3s")["MainPID"]

    out, before, after = on_bench(act)
    assert "[INFO]  Skipping binary downloaded, installed k3s matches hash" in out
    assert out.endswith("[INFO]  No change detected so skipping service start\n")
    assert before == after


def test_without_internet_the_download_fails():
    """A host without a default route cannot download: the script's own error, exit code 1, no program."""

    async def act(bench):
        bench.configure("s1")
        bench.write("s1", "/tmp/install.sh", releases.INSTALLER)
        bench.host("s1").routes.clear()
        answer = await bench.sh("s1", "INSTALL_K3S_VERSION=v1.31.9+k3s1 sh /tmp/install.sh")
        return answer, bench.host("s1").files.exists("/usr/local/bin/k3s")

    answer, installed = on_bench(act)
    assert 1 == answer.code
    assert "[ERROR]  Download failed\n" == answer.err
    assert not installed


def test_unknown_release_fails_as_a_download():
    """A version that was never released is a download that fails."""

    async def act(bench):
        bench.write("s1", "/tmp/install.sh", releases.INSTALLER)
        return await bench.sh("s1", "INSTALL_K3S_VERSION=v9.9.9+k3s9 sh /tmp/install.sh")

    assert "[ERROR]  Download failed\n" == on_bench(act).err


def test_skipped_download_needs_the_program():
    """INSTALL_K3S_SKIP_DOWNLOAD without a program in place is refused."""

    async def act(bench):
        bench.write("s1", "/tmp/install.sh", releases.INSTALLER)
        return await bench.sh("s1", "INSTALL_K3S_SKIP_DOWNLOAD=true sh /tmp/install.sh")

    answer = on_bench(act)
    assert "[ERROR]  Executable k3s binary not found at /usr/local/bin/k3s\n" == answer.err


@pytest.mark.parametrize("how", ["sh -s - server", "sh"])
def test_installer_runs_from_a_pipe(how):
    """`curl … | sh` runs the installer, with and without arguments."""

    async def act(bench):
        bench.configure("s1")
        return await bench.sh("s1", f"curl -sfL https://get.k3s.io | INSTALL_K3S_SKIP_START=true {how}")

    answer = on_bench(act)
    assert 0 == answer.code
    assert answer.out.startswith("[INFO]  Finding release for channel stable\n")


def test_power_cut_in_the_download_leaves_no_program():
    """A host that loses power during the download keeps a partial file in /tmp and has no program."""

    async def act(bench):
        bench.configure("s1")
        files = bench.host("s1").files
        task = bench.world.spawn(bench.install("s1"))
        await bench.until(lambda: any(name.startswith("k3s-install") for name in files.listdir("/tmp")))
        bench.host("s1").power_off()
        task.cancel()
        await bench.until(task.done)
        return files.exists("/usr/local/bin/k3s"), files.listdir("/tmp")

    installed, left = on_bench(act, speed=20.0)
    assert not installed
    assert any(name.startswith("k3s-install") for name in left)


def test_same_seed_gives_the_same_names():
    """Two worlds made from one seed have the same pod names and etcd member names."""

    async def act(bench):
        await bench.up("s1")
        await bench.until(lambda: len(bench.cluster.store.list("pods", "kube-system")) == 3)
        pods = [pod["metadata"]["name"] for pod in bench.cluster.store.list("pods", "kube-system")]
        return pods, list(bench.cluster.members.members)

    assert on_bench(act) == on_bench(act)


def test_settings_may_come_from_the_command_line():
    """Flags given to the installer end in the unit and reach K3s, without any configuration file."""

    async def act(bench):
        bench.write("s1", "/tmp/install.sh", releases.INSTALLER)
        flags = "server --cluster-init --token server-secret-1234 --node-name north --disable=traefik"
        answer = await bench.sh("s1", f"INSTALL_K3S_EXEC='{flags}' sh /tmp/install.sh")
        await bench.until(lambda: bench.ready("north"))
        return answer.code, bench.cluster.secret

    assert (0, "server-secret-1234") == on_bench(act)


def test_agent_may_be_told_by_the_environment():
    """K3S_URL and K3S_TOKEN make an agent, and lie in the unit's environment file afterwards."""

    async def act(bench):
        await bench.up("s1")
        bench.write("a1", "/tmp/install.sh", releases.INSTALLER)
        variables = "K3S_URL=https://10.20.0.11:6443 K3S_TOKEN=agent-secret-1234"
        answer = await bench.sh("a1", f"{variables} sh /tmp/install.sh")
        await bench.until(lambda: bench.ready("a1"))
        return answer.code, bench.host("a1").files.text("/etc/systemd/system/k3s-agent.service.env")

    code, text = on_bench(act)
    assert 0 == code
    assert "K3S_TOKEN='agent-secret-1234'\nK3S_URL='https://10.20.0.11:6443'\n" == text


def test_site_can_be_built_again_from_nothing():
    """After everything was uninstalled the same hosts make a new cluster with another CA."""

    async def act(bench):
        await bench.up("s1", "a1")
        before = bench.cluster.pki.ca_sha256
        await bench.sh("a1", "k3s-agent-uninstall.sh")
        await bench.sh("s1", "k3s-uninstall.sh")
        await bench.up("s1", "a1")
        return before == bench.cluster.pki.ca_sha256

    assert not on_bench(act)


def test_two_installers_at_once_end_well():
    """An installer that is started again while the first one still runs leaves a Ready node."""

    async def act(bench):
        await bench.up("s1")
        bench.configure("s2", server="10.20.0.11")
        first = bench.world.spawn(bench.install("s2"))
        await bench.said("s2", "Adding member")
        second = await bench.install("s2", env="INSTALL_K3S_FORCE_RESTART=true")
        await bench.until(lambda: bench.voter("s2") and first.done())
        return second.code, [member.node for member in bench.cluster.members.voters]

    assert (0, ["s1", "s2"]) == on_bench(act)
