"""The traces of K3s on a host: what is looked for, and how the answer is read."""

import re
import subprocess

import pytest

from edgebook.k3s import scripts, traces
from edgebook.k3s.former import Former

LOOK = """\
busy
ours
record machine abc
record entry d 755 root:root - - /etc/rancher
path /usr/local/bin/k3s
link eth0
link cni0
rule -A FORWARD -j KUBE-FORWARD
process k3s-server /usr/local/bin/k3s server
mount /run/k3s/containerd/x
volume pvc-1
kubeconfig /home/edge/.kube/config
keepalived ours
folder /var/lib/rancher
sysctl vm/overcommit_memory 1
package keepalived
now d 755 root:root - - /etc/rancher
"""


def test_what_the_look_printed_is_read():
    """Each kind of trace is there under its word; an interface that is not K3s's is none."""
    found = traces.read(LOOK)
    assert ("/usr/local/bin/k3s",) == found.of("path")
    assert ("cni0",) == found.of("interface")
    assert 5 == len(found.found)
    assert (True, True, True) == (found.busy, found.ours, found.conf_ours)
    assert ("pvc-1",) == found.volumes
    assert ("/home/edge/.kube/config",) == found.kubeconfigs
    assert "abc" == found.former.machine
    assert found.former.entries["/etc/rancher"].like(found.now["/etc/rancher"])


def test_an_empty_answer_is_a_clean_host():
    """Nothing printed means nothing found."""
    assert traces.Traces() == traces.read("")


@pytest.mark.parametrize("text", [getattr(scripts, name) for name in dir(scripts) if name.isupper()])
def test_the_texts_are_plain_shell(text):
    """Every text is one that a POSIX shell can read."""
    subprocess.run(["sh", "-n"], input=text, text=True, check=True)


@pytest.mark.parametrize(
    ("rule", "ours"),
    [
        ("-N KUBE-SERVICES", True),
        ("-A KUBE-SERVICES -j RETURN", True),
        ("-A FORWARD -m comment --comment x -j KUBE-FORWARD", True),
        ("-A POSTROUTING -j FLANNEL-POSTRTG", True),
        ("-A FORWARD -s 10.42.0.0/16 -j ACCEPT", True),
        ("-A POSTROUTING ! -s 10.42.0.0/16 -d 10.42.1.0/24 -j RETURN", True),
        ("-A INPUT -p udp --dport 8472 -m comment --comment flannel -j ACCEPT", False),
        ("-A INPUT -m comment --comment KUBE-api -j ACCEPT", False),
        ("-A INPUT -s 10.42.0.0/16 -j ACCEPT", False),
        ("-A FORWARD -s 10.142.0.0/16 -j ACCEPT", False),
    ],
)
def test_rules_of_k3s_are_told_from_others_by_what_they_do(make_site, rule, ours):
    """Chains and targets decide, and the pods' network where old flannel has no chains; a comment does not."""
    assert ours == bool(re.search(traces.rules(make_site()), rule))


def test_the_data_directory_itself_is_never_removed_with_all_that_is_in_it(make_site):
    """Only what K3s makes below it is: the folder may be a disk that others use too."""
    site = make_site(k3s="data_dir: /data/k3s")
    assert "/data/k3s" not in traces.deep(site)
    assert {"/data/k3s/agent", "/data/k3s/server"} <= set(traces.deep(site))


def test_folders_above_the_data_directory_go_only_where_a_record_says_they_were_made(make_site):
    """An empty folder that was there before is somebody's; without a record K3s's own name alone is taken as K3s's."""
    site = make_site(k3s="data_dir: /data/k3s")
    assert "/data" in traces.made(site, Former())
    assert "/data" not in traces.made(site, None)
    assert "/var/lib" not in traces.made(make_site(), Former())
    assert "/var/lib/rancher" in traces.made(make_site(), None)


def test_where_k3s_was_there_before_its_files_are_not_kept(make_site):
    """A record that is made over an installed K3s keeps only what is not K3s's."""
    assert ("/etc/keepalived",) == traces.copied(make_site(), installed=True)
    assert "/etc/rancher" in traces.copied(make_site(), installed=False)
