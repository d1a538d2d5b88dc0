"""Programs that tell what a host is print what Debian 12's print."""

import pytest

from tests.lab.shellbench import Ran, at_prompt, sh


@pytest.mark.parametrize(
    ("text", "out"),
    [
        ("uname -m", "x86_64\n"),
        ("uname -n", "s1\n"),
        ("uname -r", "6.1.0-28-amd64\n"),
        ("uname", "Linux\n"),
        ("nproc", "4\n"),
        ("hostname", "s1\n"),
        ("hostname -I", "10.20.0.11 \n"),
        ("hostnamectl --static", "s1\n"),
        ("whoami", "edge\n"),
        ("id", "uid=1000(edge) gid=1000(edge) groups=1000(edge)\n"),
        ("id -u root", "0\n"),
        ("id -Gn", "edge\n"),
        ("cat /proc/1/comm", "systemd\n"),
        ("getent hosts 10.20.0.11", "10.20.0.11      10.20.0.11\n"),
        ("getent passwd edge", "edge:x:1000:1000::/home/edge:/bin/bash\n"),
        ("basename /usr/bin/env", "env\n"),
        ("which env", "/usr/bin/env\n"),
        ("arch", "x86_64\n"),
    ],
)
def test_answer(text, out):
    """A question about the host gets the real tool's answer."""
    assert Ran(0, out, "") == sh(text, user="edge")


@pytest.mark.parametrize(
    ("text", "code", "err"),
    [
        ("getenforce", 127, "sh: 1: getenforce: not found\n"),
        ("iptables -V", 127, "sh: 1: iptables: not found\n"),
        ("id nobody-here", 1, "id: 'nobody-here': no such user\n"),
        ("hostnamectl set-hostname x", 1, "Could not set static hostname: Access denied\n"),
        ("dmesg", 1, "dmesg: read kernel buffer failed: Operation not permitted\n"),
        ("uname -Z", 1, "uname: invalid option -- 'Z'\nTry 'uname --help' for more information.\n"),
    ],
)
def test_refusal(text, code, err):
    """What an ordinary user may not, or what does not exist, is refused in the real words."""
    assert Ran(code, "", err) == sh(text, user="edge")


@at_prompt
async def test_hostname_is_the_file(prompt):
    """Setting the name changes /etc/hostname, which is the host's name."""
    await prompt("hostnamectl set-hostname spare")
    assert ("spare", "spare\n") == (prompt.host.hostname, (await prompt("uname -n")).out)


def test_free_lays_out_its_table():
    """`free` prints its header and the memory in KiB in columns of the real width."""
    header, memory, swap = sh("free").out.splitlines()
    assert "               total        used        free      shared  buff/cache   available" == header
    assert ("Mem:", "8388608") == tuple(memory.split()[:2])
    assert "Swap:              0           0           0" == swap


def test_free_for_people():
    """`free -h` uses binary units with one place."""
    assert "8.0Gi" == sh("free -h").out.splitlines()[1].split()[1]


@pytest.mark.parametrize(("module", "code"), [("vxlan", 0), ("br_netfilter", 0), ("overlay", 0), ("nonsense", 1)])
def test_modprobe_dry_run(module, code):
    """`modprobe -n` tells by its exit code whether a module is there."""
    assert code == sh(f"modprobe -n {module}").code


def test_modprobe_names_the_folder():
    """A missing module is named with the folder that was searched."""
    expected = "modprobe: FATAL: Module nonsense not found in directory /lib/modules/6.1.0-28-amd64\n"
    assert expected == sh("modprobe nonsense").err


@at_prompt
async def test_modprobe_brings_settings(prompt):
    """Loading br_netfilter makes the bridge settings appear."""
    assert 1 == (await prompt("sysctl net.bridge.bridge-nf-call-iptables")).code
    await prompt("modprobe br_netfilter")
    ran = await prompt("sysctl -n net.bridge.bridge-nf-call-iptables; lsmod | cut -d' ' -f1")
    assert "1\nModule\nbr_netfilter\n" == ran.out


@at_prompt
async def test_sysctl_sets_and_shows(prompt):
    """A setting that root writes is read back."""
    ran = await prompt("sysctl -w net.ipv4.ip_forward=1; sysctl -n net.ipv4.ip_forward")
    assert "net.ipv4.ip_forward = 1\n1\n" == ran.out


def test_sysctl_of_nothing():
    """A parameter that is not there is named by its path."""
    assert "sysctl: cannot stat /proc/sys/fs/nope: No such file or directory\n" == sh("sysctl fs.nope", user="root").err


@at_prompt
async def test_sysctl_loads_files(prompt):
    """`sysctl --system` applies what lies in /etc/sysctl.d."""
    prompt.host.files.write("/etc/sysctl.d/90-x.conf", "# x\nnet.ipv4.ip_forward = 1\n")
    await prompt("sysctl --system")
    assert "1\n" == prompt.host.files.text("/proc/sys/net/ipv4/ip_forward")
