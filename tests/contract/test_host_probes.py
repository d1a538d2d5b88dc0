"""The commands that the package itself runs on hosts: each has an answer in the form that it reads, and a claim here."""

import ast
import json
import re
from pathlib import Path

import pytest

from edgebook import checks, k3s, ssh
from edgebook.checks import facts
from edgebook.k3s.inspect import questions
from tests.contract.bench import Like

NUMBER = Like(r"\d+\n")
RELEASED = Like(r"iptables v1\.8\.\d+ .*\n")
USER_ANSWERS = {
    "arch": (0, Like(r"(x86_64|aarch64|armv7l)\n")),
    "hostname": (0, Like(r"[a-z][a-z0-9-]*\n")),
    "cpus": (0, NUMBER),
    "meminfo": (0, Like(r"MemTotal: +\d+ kB\n.*")),
    "init": (0, "systemd\n"),
    "os": (0, Like(r'.*PRETTY_NAME="Debian GNU/Linux 12 \(bookworm\)"\n.*')),
    "machine_id": (0, Like(r"[0-9a-f]{32}\n")),
    "addresses": (0, Like(r"\[\{.*\}\]\n")),
    "routes": (0, Like(r'\[\{"dst":"default","gateway":"[\d.]+","dev":"eth0".*\}\]\n')),
    "cgroup_fs": (0, Like(r"(tmpfs|cgroup2fs)\n")),
    "cgroup2": (None, None),
    "cgroup1": (0, Like(r"#subsys_name\thierarchy\tnum_cgroups\tenabled\n.*")),
    "units": (None, Like(r"((in)?active\n){7}")),
    "nm_cloud_setup": (1, ""),
    "ntp": (0, Like(r"(yes|no)\n")),
    "chrony": (None, Like(r"([^,\n]*(,[^,\n]*){12},(Normal|Not synchronised|Insert second|Delete second)\n)?")),
    "mounts": (0, Like(r"(\S+ \S+ \S+ r[ow]\S* 0 0\n)+")),
    "block": (0, Like(r'\{\n   "blockdevices": \[\n.*\n   \]\n\}\n')),
    "inotify": (0, NUMBER),
    "clock": (0, Like(r"\d{10}\.\d{9}\n")),
}
"""Exit code and output by probe; None where both depend on the host (control groups of version 1 or 2, chrony or not)."""
ROOT_ANSWERS = {
    "clock": (0, Like(r"\d{10}\.\d{9}\n")),
    "tcp": (0, Like(r".*LISTEN +0 +\d+ +\S+:22 +\S+ users:\(\(\"sshd\",pid=\d+,fd=\d+\).*")),
    "udp": (0, Like(r".*")),
    "firewall": (0, Like(r"-P INPUT ACCEPT\n.*")),
    "selinux": (127, ""),
    "iptables": (0, RELEASED),
    "vxlan": (None, ""),
    "br_netfilter": (None, ""),
    "overlay": (None, ""),
    "filesystems": (0, Like(r".*\toverlay\n.*")),
    "built_in": (None, Like(r"((/sys/module/|/proc/sys/net/)\w+\n)*")),
}
SOURCES = [Path(package.__file__).parent for package in (checks, k3s, ssh)]
K3S_OWN = frozenset({"k3s"})
"""What K3s brings: the contract with it is kept elsewhere."""


@pytest.fixture(scope="session")
def answers(host):
    """Ask all probes of the package at once, as it does."""
    user = dict(zip(facts.USER_PROBES, host.run_all(list(facts.USER_PROBES.values())), strict=True))
    root = dict(zip(facts.ROOT_PROBES, host.run_all(list(facts.ROOT_PROBES.values()), sudo=True), strict=True))
    return user, root


@pytest.mark.parametrize("probe", facts.USER_PROBES)
def test_users_probe_is_answered(answers, probe):
    """Each thing the package asks as an ordinary user is answered in the form it reads."""
    code, out = USER_ANSWERS[probe]
    done = answers[0][probe]
    assert (code in (None, done.code), out is None or out == done.out) == (True, True), done.out


@pytest.mark.parametrize("probe", facts.ROOT_PROBES)
def test_roots_probe_is_answered(answers, probe):
    """Each thing the package asks as root is answered in the form it reads."""
    code, out = ROOT_ANSWERS[probe]
    done = answers[1][probe]
    assert (code in (None, done.code), out is None or out == done.out) == (True, True), done.out


def test_facts_can_be_read(host, site):
    """The package's own reading of the answers is whole: nothing of it is empty or zero."""
    read = checks.gather(host).facts
    assert ("systemd", True, "") == (read.init, read.root, read.root_error)
    assert str(site.servers[0].node_ip) in read.ips
    assert all(
        [read.arch, read.hostname, read.os, read.cpus, read.memory_mb, read.default_routes, read.inotify_instances]
    )
    assert {"cpu", "cpuset", "memory", "pids"} <= read.cgroup_controllers
    assert any(listener.port == 22 and listener.process == "sshd" for listener in read.listeners)


def test_facts_of_a_user_without_sudo(nobody):
    """A user who may not become root is told so, and the rest of the facts is there."""
    read = checks.gather(nobody).facts
    assert (False, True, True) == (read.root, "a password is required" in read.root_error, read.cpus > 0)


def test_questions_about_k3s_on_a_bare_host(host, site):
    """On a host without K3s each question ends as the package expects of a host without it."""
    asked = questions(site, site.servers[0].name)
    done = dict(zip(asked, host.run_all(list(asked.values()), sudo=True), strict=True))
    assert (127, "") == (done["version"].code, done["version"].out)
    assert "LoadState=not-found" in done["unit k3s"].out
    assert (1, "", 6) == (
        done["digests"].code,
        done["digests"].out,
        done["digests"].err.count("No such file or directory"),
    )
    assert (1, 6) == (done["modes"].code, done["modes"].err.count("No such file or directory"))
    assert (2, 2, 2) == tuple(done[name].code for name in ("db", "snapshots", "marks"))
    assert (0, "", 127) == (done["drop-ins"].code, done["drop-ins"].out, done["nodes"].code)
    assert 0 == done["vip"].code


def test_json_of_the_probes_is_json(answers):
    """What the package reads as JSON is JSON."""
    user = answers[0]
    found = [json.loads(user[name].out) for name in ("addresses", "routes", "block")]
    assert ["ifname" in found[0][0], "dst" in found[1][0], "blockdevices" in found[2]] == [True, True, True]


def test_a_round_of_many_commands_keeps_them_apart(host):
    """A round of two hundred commands gives each its own code, output and error output."""
    done = host.run_all(
        [["sh", "-c", f"echo {number}; echo e{number} >&2; exit {number % 7}"] for number in range(200)]
    )
    assert [(number % 7, f"{number}\n", f"e{number}\n") for number in range(200)] == [
        (one.code, one.out, one.err) for one in done
    ]


def test_every_program_the_package_runs_has_a_claim():
    """Every program that the package starts on a host is named in the contract's own texts."""
    claimed = " ".join(_strings(path) for path in Path(__file__).parent.glob("test_host_*.py"))
    started = {name for folder in SOURCES for path in folder.rglob("*.py") for name in _programs(path)} - K3S_OWN
    missing = sorted(name for name in started if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", claimed))
    assert [] == missing


def _strings(path):
    """Return the texts of a test module, without its docstrings' prose about programs."""
    return " ".join(
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _programs(path):
    """Return the names of the programs in a module: the first words of argument lists, and those its texts list."""
    text = path.read_text()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.List, ast.Tuple)) and node.elts:
            first = node.elts[0]
            if _is_argument(node, text) and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value
    listed = re.search(r"Programs used: (.*?)\.\n", text, re.DOTALL)
    if listed:
        yield from re.findall(r"[a-z][a-z0-9-]+", listed[1].replace("(where it is)", ""))


def _is_argument(node, text):
    """Tell an argument list from other lists: all texts or names, beginning with a word that is no option."""
    words = [one.value for one in node.elts if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return bool(words) and words[0] in PROGRAMS


PROGRAMS = frozenset(
    [
        "apt-get",
        "arping",
        "awk",
        "cat",
        "chmod",
        "chown",
        "chronyc",
        "cp",
        "curl",
        "cut",
        "date",
        "df",
        "dirname",
        "dpkg",
        "dpkg-query",
        "env",
        "flock",
        "getenforce",
        "grep",
        "head",
        "hostname",
        "id",
        "install",
        "ip",
        "iptables",
        "ip6tables",
        "iptables-save",
        "iptables-restore",
        "journalctl",
        "kill",
        "ln",
        "ls",
        "lsblk",
        "mkdir",
        "modprobe",
        "mount",
        "mv",
        "nproc",
        "openssl",
        "printf",
        "ps",
        "pwd",
        "readlink",
        "rm",
        "rmdir",
        "sed",
        "sh",
        "sha256sum",
        "ss",
        "stat",
        "sudo",
        "sync",
        "sysctl",
        "systemctl",
        "tail",
        "tar",
        "tee",
        "test",
        "timedatectl",
        "touch",
        "true",
        "umount",
        "uname",
    ]
)
"""Programs by which an argument list is known for one."""
