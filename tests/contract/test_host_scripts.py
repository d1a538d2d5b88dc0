"""The shell texts that the package runs on hosts, and the less common tools in them."""

import pytest

from edgebook.k3s import scripts, tables, traces
from edgebook.ssh.rounds import Round
from tests.contract.bench import Like, Ran, said

TOOLS = [
    ("find /nope", Ran(1, "", "find: '/nope': No such file or directory\n")),
    ("find /etc/ssh -maxdepth 1 -name sshd_config -o -maxdepth 1 -name '*.nope'", Ran(0, "/etc/ssh/sshd_config\n")),
    ("find /etc/hostname -maxdepth 4", Ran(0, "/etc/hostname\n")),
    ("grep -lsF root /etc/passwd /nope", Ran(2, "/etc/passwd\n")),
    ("grep -ls nothing-like-it /etc/passwd", Ran(1)),
    ("printf 'a\\nc\\nb\\n' | sort -r | head -n 2", Ran(0, "c\nb\n")),
    ("printf '%s\\n' 'a \"b c\" d' | xargs -n1 echo", Ran(0, "a\nb c\nd\n")),
    ("ps -eo comm=,args= | grep -c '^systemd '", Ran(0, Like(r"\d+\n"))),
    ("ps -eo pid=,comm=,args= | sed -n 's/^ *\\([0-9]*\\) *systemd .*/\\1/p' | head -n 1", Ran(0, "1\n")),
    ("ip -o link | sed -n 's/^[0-9]*: \\([^:@]*\\).*/\\1/p' | head -n 2", Ran(0, "lo\neth0\n")),
    ("ip netns list", Ran()),
    ("ip link show nope0 >/dev/null 2>&1; echo $?", Ran(0, "1\n")),
    ("iptables -t nope -S", Ran(3, "", Like(r"iptables v1\.8\.9 \(nf_tables\): table 'nope' does not exist\n.*"))),
    ("iptables -t mangle -S | head -n 1", Ran(0, "-P PREROUTING ACCEPT\n")),
    ("iptables -t nat -S | grep -c '^-P'", Ran(0, "4\n")),
    ("iptables -t nat -N OURS; iptables -t nat -A OURS -s 10.42.0.0/16 -j MASQUERADE; iptables -t nat -S OURS",
     Ran(0, "-N OURS\n-A OURS -s 10.42.0.0/16 -j MASQUERADE\n")),
    ("iptables -t nat -F OURS; iptables -t nat -X OURS; iptables -t nat -S | grep -c OURS", Ran(1, "0\n")),
    ("ip6tables -S", Ran(0, "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n")),
    ("umount -l /nope", Ran(32, "", "umount: /nope: no mount point specified.\n")),
    ("apt-get install -s --no-install-recommends sudo | sed -n 's/^Inst //p'", Ran()),
    ("dpkg-query -W -f '${Package} ${db:Status-Status}\\n' sudo no-such-package",
     Ran(1, "sudo installed\n", "dpkg-query: no packages found matching no-such-package\n")),
    ("sync /etc/hostname; echo $?; sync /nope", Ran(1, "0\n", "sync: error opening '/nope': No such file or directory\n")),
    ('[ -z "$(ls -A /var/opt 2>/dev/null)" ] && echo empty', Ran(0, "empty\n")),
    ("while read -r _ path _; do case $path in /|/proc/*) echo $path ;; esac; done </proc/mounts | head -n 1", Ran(0, "/\n")),
    ("stat -c '%a %U:%G' /etc/shadow; cat /etc/machine-id | wc -c", Ran(0, "640 root:shadow\n33\n")),
    ("systemctl show nope -p LoadState,ActiveState,UnitFileState | sed 's/^/unit /'",
     Ran(0, "unit LoadState=not-found\nunit ActiveState=inactive\nunit UnitFileState=\n")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), TOOLS, ids=[text for text, _ in TOOLS])
def test_tools_of_the_package_texts(root, text, expected):
    """What the package's own shell texts build on, as root."""
    assert expected == root(text)


def test_look_at_a_bare_host_finds_nothing(host, site):
    """The look for traces of K3s finds none on a bare host, and reads the kernel's parameters."""
    done = host.run(list(traces.question(site)), sudo=True).check()
    seen = traces.read(done.out)
    assert ((), False, False, None, ()) == (seen.found, seen.ours, seen.busy, seen.former, seen.kubeconfigs)
    assert ("", True) == (done.err, seen.sysctl["net/ipv4/ip_forward"] in "01")


def test_look_finds_what_is_left(host, root, site):
    """A program, an empty folder, a firewall rule and a running lock are found where they are."""
    root(
        "touch /usr/local/bin/k3s-killall.sh; mkdir -p /var/lib/rancher/k3s; iptables -N KUBE-X; iptables -A FORWARD -j KUBE-X"
    )
    try:
        seen = traces.read(host.run(list(traces.question(site)), sudo=True).check().out)
        assert {"path /usr/local/bin/k3s-killall.sh", "rule -N KUBE-X", "rule -A FORWARD -j KUBE-X"} <= set(seen.found)
        assert "/var/lib/rancher/k3s" in seen.folders
    finally:
        root("rm -f /usr/local/bin/k3s-killall.sh; rmdir /var/lib/rancher/k3s; iptables -F FORWARD; iptables -X KUBE-X")


def test_record_and_restore(host, root, place):
    """What the record keeps comes back: content, mode, owner, links and folders."""
    ours, top = f"{place}/ours", f"{place}/top"
    root(f"mkdir -p {ours} {top}/empty; echo one >{top}/file; chmod 640 {top}/file; ln -s file {top}/link")
    recorded = host.run(
        ["sh", "-c", scripts.RECORD, "edgebook", ours, "no", top, place, "net/ipv4/ip_forward", "none", ""], sudo=True
    )
    entries = [line.removeprefix("entry ") for line in recorded.check().out.splitlines() if line.startswith("entry ")]
    paths = {line.split(" ", 5)[5]: line.split(" ")[:3] for line in entries}
    assert (["f", "640", "root:root"], "d", "l") == (paths[f"{top}/file"], paths[top][0], paths[f"{top}/link"][0])
    root(f"rm -r {top}/empty {top}/link; echo two >{top}/file; chmod 600 {top}/file")
    back = "".join(" ".join([*(words := line.split(" ", 5))[:4], words[5]]) + "\n" for line in entries)
    done = host.run(["sh", "-c", scripts.RESTORE, "edgebook", ours, "", ""], sudo=True, stdin=back.encode()).check()
    assert {f"restored {top}/{name}" for name in ("empty", "link", "file")} == set(done.out.splitlines())
    assert Ran(0, "one\n640\nfile\n") == root(f"cat {top}/file; stat -c %a {top}/file; readlink {top}/link")


def test_cleaning_a_bare_host_changes_nothing(host, root):
    """The last sweep of the way back ends well where there is nothing to sweep."""
    before = root("iptables -S; ls /usr/local/bin /etc/systemd/system").out
    done = host.run(["sh", "-c", scripts.CLEAN, "edgebook", tables.OURS, "/nope", "/nope", "", "KUBE-"], sudo=True)
    assert (Ran(), before) == (said(done), root("iptables -S; ls /usr/local/bin /etc/systemd/system").out)


def test_a_lock_is_waited_for(host, root, place):
    """A text under the lock runs after whoever holds it."""
    root(
        f"mkdir -p {place}/ours; (flock {place}/ours/install.lock sh -c 'touch {place}/held; sleep 0.5; touch {place}/first') >/dev/null 2>&1 & while [ ! -e {place}/held ]; do sleep 0.02; done"
    )
    text = f"ls {place}/first"
    assert Ran(0, f"{place}/first\n") == said(
        host.run(["sh", "-c", scripts.LOCKED, "edgebook", f"{place}/ours", text], sudo=True)
    )


def test_marks_of_a_round_are_on_their_own_lines(sh):
    """A round's marks stand apart from output that ends without a newline."""
    work = Round([["printf", "no end"], ["false"], ["sh", "-c", "echo e >&2"]])
    done = sh(work.script)
    assert [(0, b"no end", b""), (1, b"", b""), (0, b"", b"e\n")] == [
        (part.code, part.out, part.err) for part in work.parts(done.out.encode(), done.err.encode())
    ]


def test_a_round_ends_with_its_last_command(host):
    """A command of a round can neither end the round nor read its text."""
    codes = [done.code for done in host.run_all([["sh", "-c", "exit 9"], ["cat"], ["kill", "-0", "1"], ["true"]])]
    assert [9, 0, 1, 0] == codes
