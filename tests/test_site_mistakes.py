"""The mistakes of a site.yaml: all of them at once, each with its line and its remedy."""

from pathlib import Path

import pytest

from edgebook.errors import SiteInvalid
from edgebook.site import check, load

THIRTY = """\
schema: 1
name: Factory_7
titel: Factory 7
protection: gaurded
ssh:
  user: edge
  port: 70000
  key: id_ed25519
  known_hosts: []
  password: hunter2hunter2
  jump: gaet
  connect_timeout_s: soon
  sudo: password
jump_hosts:
  - {name: gate, address: gate.example.com}
hosts:
  - {name: s1, role: server, address: 192.168.1.11}
  - {name: s1, role: server, address: 192.168.1.12, node_name: s2}
  - {name: s3, role: server, address: 192.168.1.11, node_ip: 192.168.1.13, node_name: s3}
  - {name: s4, role: server, address: 192.168.1.14, labels: {zone: 7}}
  - {name: a1, role: agent, address: 10.42.3.4}
  - {name: a2, role: agent, address: 192.168.1.256}
  - {name: a3, role: agent, address: 192.168.1.23, taints: ["dedicated=gpu"]}
  - {name: a4, role: agent, address: 192.168.1.24, node_ip: 192.168.1.23}
  - {name: a5, role: agent, address: 192.168.1.25, labels: {node-role.kubernetes.io/edge: ""}}
k3s:
  version: v1.31.9
  version: v1.31.9+k3s1
  registration:
    address: 192.168.1.12
    by: keepalived
    prefix: 24
  operator_url: http://192.168.1.10:6443
  token: file:secrets/token
  agent_token: file:secrets/token
  service_cidr: 10.42.128.0/17
  disable: [traefic]
  server_config:
    cluster-init: true
    flannel-bakend: host-gw
    kubelet-arg: ["eviction-hard=memory.available<200Mi"]
  keep_snapshots: 0
source: {kind: bundle}
kubeedge: {version: v1.18.3}
"""

PLANTED = [
    (2, "name", "lower-case"),
    (3, "titel", "did you mean `title`?"),
    (4, "protection", "did you mean guarded?"),
    (7, "ssh.port", "at most 65535"),
    (10, "ssh.password", "env:NAME"),
    (11, "ssh.jump", "did you mean `gate`?"),
    (12, "ssh.connect_timeout_s", "without quotes"),
    (13, "ssh.sudo", "sudo_password"),
    (16, "hosts", "1, 3 or 5 servers"),
    (18, "hosts[s1].name", "another name"),
    (19, "hosts[s3].address", "its own address or port"),
    (20, "hosts[s4].labels.zone", "put it in quotes"),
    (21, "hosts[a1].address", "a network that no host is in"),
    (22, "hosts[a2].address", "four numbers from 0 to 255"),
    (23, "hosts[a3].taints[0]", "NoSchedule"),
    (24, "hosts[a4].node_ip", "an address of its own"),
    (25, "hosts[a5].labels.node-role.kubernetes.io/edge", "k3s.role_label"),
    (27, "k3s.version", "v1.31.9+k3s1"),
    (28, "k3s.version", "keep one"),
    (29, "k3s.registration.interface", "interface: eth0"),
    (30, "k3s.registration.address", "a free IP"),
    (33, "k3s.operator_url", "https://"),
    (35, "k3s.agent_token", "file:secrets/k3s-agent-token"),
    (36, "k3s.service_cidr", "two separate networks"),
    (37, "k3s.disable[0]", "did you mean `traefik`?"),
    (39, "k3s.server_config.cluster-init", "the first server"),
    (40, "k3s.server_config.flannel-bakend", "did you mean `flannel-backend`?"),
    (41, "k3s.server_config.kubelet-arg[0]", "nodefs.available<10%"),
    (42, "k3s.keep_snapshots", "at least 1"),
    (43, "source.path", "path: FOLDER"),
]

SOUND = """\
schema: 1
name: sound
ssh: {user: edge, key: id}
hosts:
  - {name: s1, role: server, address: 192.168.1.11}
  - {name: s2, role: server, address: 192.168.1.12}
  - {name: s3, role: server, address: 192.168.1.13}
  - {name: a1, role: agent, address: 192.168.1.21}
k3s:
  version: v1.31.9+k3s1
  registration: {address: 192.168.1.10, by: keepalived, interface: eth0}
"""


def problems_of(tmp_path, text):
    """Return the mistakes that loading a text reports; none when it loads."""
    (tmp_path / "site.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    try:
        load(tmp_path)
    except SiteInvalid as error:
        return list(error.problems)
    return []


# --- all at once -----------------------------------------------------------------------------------------------------


def test_thirty_mistakes_are_thirty_problems(tmp_path):
    """One mistake hides no other: each of thirty is told, once, on its line."""
    found = problems_of(tmp_path, THIRTY)
    assert 30 == len(PLANTED)
    assert [(line, where) for line, where, _ in PLANTED] == [(problem.line, problem.where) for problem in found]


def test_every_mistake_says_what_would_be_right(tmp_path):
    """Each of the thirty comes with its remedy."""
    found = problems_of(tmp_path, THIRTY)
    assert [] == [
        (right, problem) for (_, _, right), problem in zip(PLANTED, found, strict=True) if right not in problem.right
    ]


def test_check_tells_the_same_mistakes_as_load(tmp_path):
    """`check` adds only the files that are not there."""
    found = set(problems_of(tmp_path, THIRTY))
    assert {"ssh.key"} == {problem.where for problem in check(tmp_path) if problem not in found}


def test_the_error_lists_every_mistake_with_file_and_line(tmp_path):
    """What a person reads is `file:line: where: what; remedy`."""
    path = tmp_path / "site.yaml"
    path.write_text(THIRTY)
    with pytest.raises(SiteInvalid) as error:
        load(path)
    assert f"{path}: 30 mistakes" == error.value.message.splitlines()[0]
    assert f"  {path}:3: titel: is not a key that is known here; did you mean `title`?" in str(error.value)
    assert f"edgebook site check {path}" == error.value.hint


def test_a_plain_secret_is_never_repeated(tmp_path):
    """Neither message nor repr nor chained errors show the value."""
    path = tmp_path / "site.yaml"
    path.write_text(THIRTY)
    with pytest.raises(SiteInvalid) as error:
        load(path)
    assert "hunter2" not in f"{error.value} {error.value!r} {error.value.__cause__!r} {error.value.__context__!r}"


def test_the_sound_site_is_sound(tmp_path):
    """The text that the tests below plant mistakes into has none."""
    assert [] == problems_of(tmp_path, SOUND)


# --- one by one ------------------------------------------------------------------------------------------------------

END = "k3s:\n"
ONE_BY_ONE = {
    # YAML
    "duplicate key": ("name: sound", "name: sound\nname: again", 3, "name", "given twice, first on line 2"),
    "tab": ("name: sound", "name: sound\n\ttitle: x", 3, "YAML", "cannot start any token"),
    "unclosed": ("key: id}", "key: id", 4, "YAML", "expected ',' or '}'"),
    "two documents": (END, "---\nk3s:\n", 9, "YAML", "but found another document"),
    "vault tag": ("name: sound", "name: sound\ntitle: !vault abc", 3, "title", "the tag !vault is not taken"),
    "no date": (END, "fixed_clock: 2026-99-99\nk3s:\n", 9, "fixed_clock", "looks like a number or a date"),
    "key in brackets": (END, "[a]: b\nk3s:\n", 9, "YAML", "a key must be a word"),
    "merge key": ("name: sound", "name: sound\n<<: {title: x}", 3, "<<", "merge keys are not taken"),
    # shape
    "schema in quotes": ("schema: 1", "schema: '1'", 1, "schema", "`1` is text"),
    "list for text": ("user: edge", "user: [edge]", 3, "ssh.user", "wants text, but is a list"),
    "other schema": ("schema: 1", "schema: 2", 1, "schema", "`2` is not a choice"),
    "no schema": ("schema: 1\n", "", 1, "schema", "is missing"),
    "no name": ("name: sound\n", "", 1, "name", "is missing"),
    "a list for a block": (
        "{user: edge, key: id}",
        "[edge]",
        3,
        "ssh",
        "wants a block of `key: value` lines, but is a list",
    ),
    "text for a list": (
        "k3s:\n",
        "k3s:\n  disable: {traefik: true}\n",
        10,
        "k3s.disable",
        "wants a list, but is a block",
    ),
    "truth for text": ("name: s1", "name: no", 5, "hosts[0].name", "wants text, but is a truth value"),
    "number for text": ("v1.31.9+k3s1", "1.31", 10, "k3s.version", "wants text, but is a number"),
    "truth for a number": (
        "key: id}",
        "key: id, port: true}",
        3,
        "ssh.port",
        "wants a whole number, but is a truth value",
    ),
    "nothing for text": ("address: 192.168.1.21", "address:", 8, "hosts[a1].address", "is empty"),
    "unknown key of a host": ("role: agent,", "rolle: agent, role: agent,", 8, "hosts[a1].rolle", "is not a key"),
    "no role": ("role: agent, ", "", 8, "hosts[a1].role", "is missing"),
    "timeout out of range": (
        "key: id}",
        "key: id, connect_timeout_s: 0}",
        3,
        "ssh.connect_timeout_s",
        "0 is out of range",
    ),
    "no hosts": (SOUND[SOUND.index("  - {") : SOUND.index(END)], "  []\n", 4, "hosts", "is empty"),
    # fields
    "upper case": ("name: s1", "name: S1", 5, "hosts[S1].name", "is not a valid name"),
    "underscore": ("name: a1", "name: a_1", 8, "hosts[a_1].name", "is not a valid name"),
    "too long": ("name: a1", f"name: {'a' * 64}", 8, "hosts[3].name", "is not a valid name"),
    "scheme in an address": (
        "192.168.1.21",
        "ssh://a1",
        8,
        "hosts[a1].address",
        "neither an IP address nor a DNS name",
    ),
    "name as node IP": ("192.168.1.21", "a1.lan, node_ip: a1.lan", 8, "hosts[a1].node_ip", "is not an IP address"),
    "host bits in a network": (END, END + "  cluster_cidr: 10.42.1.0/16\n", 10, "k3s.cluster_cidr", "is not a network"),
    "three networks": (
        END,
        END + "  cluster_cidr: 10.42.0.0/16,fd00::/56,fd01::/56\n",
        10,
        "k3s.cluster_cidr",
        "more networks than",
    ),
    "channel": ("v1.31.9+k3s1", "stable", 10, "k3s.version", "is a channel"),
    "refused version": ("v1.31.9+k3s1", "v1.31.0+k3s1", 10, "k3s.version", "agents lose the API"),
    "kubeedge without v": (
        END,
        "kubeedge: {version: 1.22.1}\n" + END,
        9,
        "kubeedge.version",
        "is not a KubeEdge version",
    ),
    "refused kubeedge": (END, "kubeedge: {version: v1.18.0}\n" + END, 9, "kubeedge.version", "expired tokens"),
    "label value": (
        "role: agent,",
        'role: agent, labels: {a: "b c"},',
        8,
        "hosts[a1].labels.a",
        "not a valid label value",
    ),
    "label key": (
        "role: agent,",
        "role: agent, labels: {a/b/c: d},",
        8,
        "hosts[a1].labels.a/b/c",
        "the key is not a valid",
    ),
    "taint effect": (
        "role: agent,",
        'role: agent, taints: ["a=b:NoSchedul"],',
        8,
        "hosts[a1].taints[0]",
        "does not end in a taint's",
    ),
    "taint key": (
        "role: agent,",
        'role: agent, taints: ["a b:NoSchedule"],',
        8,
        "hosts[a1].taints[0]",
        "not a valid taint",
    ),
    "role label": (END, END + "  role_label: a/b\n", 10, "k3s.role_label", "is not a valid role"),
    "plain token": (END, END + "  token: K10abcdef\n", 10, "k3s.token", "holds a secret's value (not shown)"),
    "number as a secret": (
        "key: id}",
        "key: id, password: 1234}",
        3,
        "ssh.password",
        "holds a secret's value (not shown)",
    ),
    "empty secret": ("key: id}", "key: id, password: }", 3, "ssh.password", "is empty"),
    "secret of two lines": (
        "key: id}",
        'key: id, password: "prompt:a\\nb"}',
        3,
        "ssh.password",
        "holds a secret's value (not shown)",
    ),
    "command with an open quote": (
        "key: id}",
        'key: id, password: "command:echo \'"}',
        3,
        "ssh.password",
        "has a quote that does not close",
    ),
    "secret in another home": ("key: id}", "key: id, password: file:~joe/p}", 3, "ssh.password", "another user's home"),
    "path in another home": ("key: id}", "key: ~joe/id}", 3, "ssh.key[0]", "another user's home"),
    "variable with a dash": (
        "key: id}",
        "key: id, password: env:A-B}",
        3,
        "ssh.password",
        "does not name an environment",
    ),
    "password in a URL": (
        END,
        END + "  operator_url: https://a:b@c:6443\n",
        10,
        "k3s.operator_url",
        "carries a user or password",
    ),
    "port in a URL": (END, END + "  operator_url: https://c:x\n", 10, "k3s.operator_url", "is not an https address"),
    "password in a proxy": (
        END,
        "proxy: {http: 'http://joe:pass@p:1'}\n" + END,
        9,
        "proxy.http",
        "carries a user or password (not shown)",
    ),
    "proxy without a scheme": (END, "proxy: {http: 'p:3128'}\n" + END, 9, "proxy.http", "is not a proxy's address"),
    "no time": (END, "fixed_clock: yesterday\n" + END, 9, "fixed_clock", "is not a time"),
    "time without a zone": (END, "fixed_clock: 2026-01-15T08:00:00\n" + END, 9, "fixed_clock", "says no time zone"),
    "user with a space": ("user: edge", "user: an edge", 3, "ssh.user", "is not a user's name"),
    "long interface": ("eth0", "eth0eth0eth0eth0", 11, "k3s.registration.interface", "not a network interface's"),
    "relative data_dir": (END, END + "  data_dir: k3s\n", 10, "k3s.data_dir", "is not an absolute path"),
    # hosts
    "same name": ("name: a1", "name: s1", 8, "hosts[s1].name", "is the name of the host on line 5 too"),
    "name of a jump host": (
        END,
        "jump_hosts: [{name: a1, address: gate}]\n" + END,
        9,
        "jump_hosts[a1].name",
        "is the name of the host on line 8",
    ),
    "same node name": ("name: a1,", "name: a1, node_name: s1,", 8, "hosts[a1].node_name", "the node name of two hosts"),
    "same address": (
        "192.168.1.21",
        "192.168.1.13",
        8,
        "hosts[a1].address",
        "192.168.1.13 port 22 is the host on line 7 too",
    ),
    "same node IP, other port": (
        "192.168.1.21",
        "192.168.1.13, port: 23",
        8,
        "hosts[a1].address",
        "the node IP 192.168.1.13 is that of line 7 too",
    ),
    "same node IP": (
        "192.168.1.21",
        "a1.lan, node_ip: 192.168.1.13",
        8,
        "hosts[a1].node_ip",
        "the node IP 192.168.1.13 is that of line 7",
    ),
    "loopback": ("192.168.1.21", "127.0.0.1", 8, "hosts[a1].address", "the other nodes cannot reach 127.0.0.1"),
    "two servers": ("name: s3, role: server", "name: s3, role: agent", 4, "hosts", "has 2 servers"),
    "four servers": ("role: agent", "role: server", 4, "hosts", "has 4 servers"),
    "a server absent": ("name: s3, role: server", "name: s3, state: absent, role: server", 4, "hosts", "has 2 servers"),
    "no server": ("role: server", "role: agent", 4, "hosts", "has no server"),
    "reserved label": (
        "role: agent,",
        "role: agent, labels: {x.k8s.io/a: b},",
        8,
        "hosts[a1].labels.x.k8s.io/a",
        "the kubelet exits",
    ),
    "same taint": (
        "role: agent,",
        'role: agent, taints: ["a=b:NoSchedule", "a=c:NoSchedule"],',
        8,
        "hosts[a1].taints[1]",
        "repeats a key",
    ),
    # SSH
    "unknown jump host": ("key: id}", "key: id, jump: gate}", 3, "ssh.jump", "there is no jump host `gate`"),
    "no user": ("user: edge, ", "", 3, "ssh", "no user is given"),
    "no way in": (", key: id}", "}", 3, "ssh", "neither key, password nor agent"),
    "sudo without password": ("key: id}", "key: id, sudo: password}", 3, "ssh.sudo", "needs sudo_password"),
    "sudo of root": ("key: id}", "key: id, sudo: root}", 3, "ssh.sudo", "the user is `edge`"),
    "port twice": (
        "role: agent,",
        "role: agent, port: 22, ssh: {port: 23},",
        8,
        "hosts[a1].ssh.port",
        "is given twice",
    ),
    # networks
    "overlap": (END, END + "  service_cidr: 10.42.0.0/24\n", 10, "k3s.service_cidr", "overlaps the pod network"),
    "families": (END, END + "  service_cidr: fd00::/112\n", 10, "k3s.service_cidr", "not of the same IP versions"),
    "node among pods": ("192.168.1.21", "10.42.0.9", 8, "hosts[a1].address", "lies in the pod network"),
    "node among services": (
        "192.168.1.21",
        "a1.lan, node_ip: 10.43.0.9",
        8,
        "hosts[a1].node_ip",
        "lies in the service network",
    ),
    "no room": (END, END + "  cluster_cidr: 10.42.0.0/23\n", 10, "k3s.cluster_cidr", "has room for 2 nodes"),
    "DNS outside": (
        END,
        END + "  server_config: {cluster-dns: 10.96.0.10}\n",
        10,
        "k3s.server_config.cluster-dns",
        "lies outside",
    ),
    "proxy without exceptions": (
        END,
        "proxy: {http: 'http://p:1', no_proxy: [10.0.0.0/8]}\n" + END,
        9,
        "proxy.no_proxy",
        "127.0.0.0/8, .svc, .cluster.local, 192.168.1.11",
    ),
    # registration
    "no interface": (", interface: eth0", "", 11, "k3s.registration.interface", "needs the servers' network interface"),
    "keepalived with a name": (
        "192.168.1.10,",
        "api.lan,",
        11,
        "k3s.registration.address",
        "an IP address, not a name",
    ),
    "a host's address": ("192.168.1.10,", "192.168.1.21,", 11, "k3s.registration.address", "the address of host `a1`"),
    "another network": (
        "192.168.1.10,",
        "192.168.9.10,",
        11,
        "k3s.registration.address",
        "s1, s2, s3 are not in 192.168.9.0/24",
    ),
    "broadcast": ("192.168.1.10,", "192.168.1.255,", 11, "k3s.registration.address", "is not a host's address"),
    "long prefix": (
        "interface: eth0",
        "interface: eth0, prefix: 64",
        11,
        "k3s.registration.prefix",
        "64 is out of range",
    ),
    "peer without an IP": ("192.168.1.13", "s3.lan", 7, "hosts[s3]", "keepalived needs this server's IP address"),
    "server among three": (
        "{address: 192.168.1.10, by: keepalived, interface: eth0}",
        "{address: 192.168.1.11, by: server}",
        11,
        "k3s.registration.by",
        "is for one server, but the site has 3",
    ),
    "DNS with an IP": (
        "by: keepalived, interface: eth0",
        "by: dns",
        11,
        "k3s.registration.address",
        "is an IP address, but `by: dns`",
    ),
    "balancer on a server": (
        "{address: 192.168.1.10, by: keepalived, interface: eth0}",
        "{address: 192.168.1.12, by: external}",
        11,
        "k3s.registration.address",
        "where K3s itself takes port 6443",
    ),
    # the cluster
    "pair": (END, "kubeedge: {version: v1.18.3}\n" + END, 9, "kubeedge.version", "does not support Kubernetes 1.31"),
    "unknown pair": (END, "kubeedge: {version: v1.99.0}\n" + END, 9, "kubeedge.version", "not in the table"),
    "one token": (
        END,
        END + "  agent_token: file:secrets/k3s-token\n",
        10,
        "k3s.agent_token",
        "is the servers' token too",
    ),
    "component": (
        END,
        END + "  disable: [local-path]\n",
        10,
        "k3s.disable[0]",
        "K3s packages no component `local-path`",
    ),
    "bundle without path": (END, "source: {kind: bundle}\n" + END, 9, "source.path", "a bundle needs its folder"),
    "path online": (END, "source: {path: x}\n" + END, 9, "source.path", "is for `kind: bundle` alone"),
    "signers online": (END, "source: {signers: x}\n" + END, 9, "source.signers", "is for `kind: bundle` alone"),
    "processor by another name": (
        "{name: s1, role: server",
        "{name: s1, arch: amd64, role: server",
        5,
        "hosts[s1].arch",
        "`amd64` is not a choice here",
    ),
    "mirror of a bundle": (
        END,
        "source: {kind: bundle, path: x, mirror: cn}\n" + END,
        9,
        "source.mirror",
        "is for `kind: online` alone",
    ),
    "merge into itself": (
        END,
        END + "  merge_kubeconfig: kubeconfig\n",
        10,
        "k3s.merge_kubeconfig",
        "is the kubeconfig itself",
    ),
    "kubeconfig over the site": (
        END,
        END + "  kubeconfig: site.yaml\n",
        10,
        "k3s.kubeconfig",
        "would overwrite this file",
    ),
    # K3s's options
    "S3 secret": (
        END,
        END + "  server_config: {etcd-s3-secret-key: x}\n",
        10,
        "k3s.server_config.etcd-s3-secret-key",
        "(not shown)",
    ),
    "misspelt option": (
        END,
        END + "  agent_config: {kubelet_arg: []}\n",
        10,
        "k3s.agent_config.kubelet_arg",
        "K3s has no such option",
    ),
    "option of servers": (
        END,
        END + "  agent_config: {flannel-backend: vxlan}\n",
        10,
        "k3s.agent_config.flannel-backend",
        "an option of servers that all servers must agree on",
    ),
    "no such backend": (
        END,
        END + "  server_config: {flannel-backend: ipsec}\n",
        10,
        "k3s.server_config.flannel-backend",
        "not a choice",
    ),
    "octal mode": (
        END,
        END + "  server_config: {write-kubeconfig-mode: 0600}\n",
        10,
        "k3s.server_config.write-kubeconfig-mode",
        "must be in quotes",
    ),
    "open mode": (
        END,
        END + '  server_config: {write-kubeconfig-mode: "0644"}\n',
        10,
        "k3s.server_config.write-kubeconfig-mode",
        "makes every user of a server an administrator",
    ),
    "no mode": (
        END,
        END + '  server_config: {write-kubeconfig-mode: "u=rw"}\n',
        10,
        "k3s.server_config.write-kubeconfig-mode",
        "is not a file mode",
    ),
    "arguments as a block": (
        END,
        END + "  server_config: {kubelet-arg: {a: b}}\n",
        10,
        "k3s.server_config.kubelet-arg",
        "wants a list of",
    ),
    "an argument as a block": (
        END,
        END + "  server_config: {etcd-arg: [{a: b}]}\n",
        10,
        "k3s.server_config.etcd-arg[0]",
        "wants `name=value`",
    ),
    "dashes": (
        END,
        END + "  server_config: {etcd-arg: ['--a=b']}\n",
        10,
        "k3s.server_config.etcd-arg[0]",
        "starts with dashes",
    ),
    "eviction": (
        END,
        END + "  agent_config: {kubelet-arg+: ['eviction-hard=nodefs.available<5%']}\n",
        10,
        "k3s.agent_config.kubelet-arg+[0]",
        "without imagefs.available",
    ),
}


@pytest.mark.parametrize(("old", "new", "line", "where", "said"), ONE_BY_ONE.values(), ids=ONE_BY_ONE)
def test_a_mistake_is_told_once_on_its_line(tmp_path, old, new, line, where, said):
    """Each mistake, alone in a sound site, is one problem: its line, its place, its reason."""
    assert old in SOUND
    found = problems_of(tmp_path, SOUND.replace(old, new))
    assert [(line, where)] == [(problem.line, problem.where) for problem in found]
    assert said in found[0].wrong


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (END, END + "  disable: [metrics-server, traefik]\n"),
        (
            END,
            END
            + '  server_config: {write-kubeconfig-mode: "0640", secrets-encryption: true, "tls-san-security": true}\n',
        ),
        (END, END + "  server_config: {kubelet-arg: 'max-pods=60'}\n"),
        (END, END + "  cluster_cidr: 10.42.0.0/16,fd00:42::/56\n  service_cidr: 10.43.0.0/16,fd00:43::/112\n"),
        (
            END,
            END
            + "  cluster_cidr: 10.42.0.0/23\n"
            + "  server_config: {kube-controller-manager-arg: [node-cidr-mask-size=26]}\n",
        ),
        (END, "kubeedge: {version: v1.22.1}\n" + END),
        (END, "proxy: {https: 'http://p:1', no_proxy: ['*']}\n" + END),
        (
            END,
            "proxy: {https: 'http://p:1', no_proxy: [127.0.0.0/8, 192.168.0.0/16, 10.0.0.0/8, .svc, cluster.local]}\n"
            + END,
        ),
        ("{user: edge, key: id}", "{config: ~/.ssh/config}"),
        ("{user: edge, key: id}", "{user: edge, password: 'command:pass show edge'}"),
        ("{user: edge, key: id}", "{user: edge, agent: true}"),
        ("role: agent,", "role: agent, labels: {node.kubernetes.io/disk: ssd, topology.kubernetes.io/zone: a},"),
        ("role: agent,", 'role: agent, taints: ["a:NoSchedule", "a=b:NoExecute", "x.io/a=:PreferNoSchedule"],'),
        ("role: agent", "role: edge"),
        ("address: 192.168.1.21", "address: 127.0.0.1, port: 2201, node_ip: 192.168.1.21"),
        ("{address: 192.168.1.10, by: keepalived, interface: eth0}", "{address: k3s.lan, by: dns}"),
        ("{address: 192.168.1.10, by: keepalived, interface: eth0}", "{address: 192.168.9.9, by: external}"),
    ],
)
def test_what_is_right_is_not_refused(tmp_path, old, new):
    """Unusual, and sound."""
    assert old in SOUND
    assert [] == problems_of(tmp_path, SOUND.replace(old, new))


# --- rules that need more than one change ----------------------------------------------------------------------------


def test_a_jump_loop_is_told_once(tmp_path):
    """Two jump hosts that lead to each other are one mistake."""
    gates = "jump_hosts:\n  - {name: g1, address: g, ssh: {jump: g2}}\n  - {name: g2, address: h, ssh: {jump: g1}}\n"
    found = problems_of(tmp_path, SOUND.replace(END, gates + END))
    assert ["goes round in a circle: g1 → g2 → g1"] == [problem.wrong for problem in found]


def test_a_jump_host_of_itself_is_a_loop(tmp_path):
    """The shortest loop has one host."""
    gates = "jump_hosts:\n  - {name: g1, address: g1.lan, ssh: {jump: g1}}\n"
    found = problems_of(tmp_path, SOUND.replace(END, gates + END))
    assert ["goes round in a circle: g1 → g1"] == [problem.wrong for problem in found]


def test_a_host_without_a_user_is_told_by_itself(tmp_path):
    """Where only one host has no user, the mistake is that host's."""
    text = SOUND.replace("ssh: {user: edge, key: id}", "ssh: {key: id}").replace(
        "role: server,", "role: server, user: edge,"
    )
    assert [(8, "hosts[a1]")] == [(problem.line, problem.where) for problem in problems_of(tmp_path, text)]


def test_a_server_registration_is_the_servers_own_address(tmp_path):
    """A single server's registration address that belongs to nobody is refused."""
    text = SOUND.replace("role: server, address: 192.168.1.12", "role: agent, address: 192.168.1.12")
    text = text.replace("role: server, address: 192.168.1.13", "role: agent, address: 192.168.1.13")
    text = text.replace("192.168.1.10, by: keepalived, interface: eth0", "192.168.1.9, by: server")
    found = problems_of(tmp_path, text)
    assert ["192.168.1.9 is not the address of the server `s1`"] == [problem.wrong for problem in found]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (b"", "is empty"),
        (b"# nothing\n", "is empty"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"a: \x00", "holds a character that YAML does not allow"),
        (b"just text", "wants a block of `key: value` lines, but is text"),
        (b"- a\n", "wants a block of `key: value` lines, but is a list"),
        (b"[" * 3000, "is not YAML, or is nested too deeply"),
        (b"a: &a [*a]\n", "is nested too deeply, or unfolds into too many values"),
        (b"x" * 1_000_001, "is larger than 1000 kB"),
    ],
)
def test_a_file_that_is_no_site_is_told_so(tmp_path, text, wrong):
    """Whatever is in the file, the first problem says what it is not."""
    assert wrong in [problem.wrong for problem in problems_of(tmp_path, text)]


def test_a_bomb_of_aliases_is_refused(tmp_path):
    """A small file that unfolds into billions of values is refused in no time."""
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    found = problems_of(tmp_path, "\n".join(["a0: &a0 [x, x]", *levels]))
    assert 1 == len([problem for problem in found if "unfolds" in problem.wrong])


def test_a_file_that_may_not_be_read_is_told_so(tmp_path, monkeypatch):
    """A site.yaml without read permission is a problem, not a traceback."""

    def refuse(_path):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "site.yaml").write_text(SOUND)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(SiteInvalid, match="cannot be read: Permission denied"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("role", "by", "said"),
    [("edge", "external", ""), ("edge", "dns", "has no server"), ("agent", "external", "has no server")],
)
def test_only_the_cluster_of_others_needs_no_server(tmp_path, role, by, said):
    """Edge hosts alone join a cluster that was made elsewhere, at an address that somebody else serves."""
    (tmp_path / "site.yaml").write_text(
        f"schema: 1\nname: f7\nhosts:\n  - {{name: e1, role: {role}, address: 10.9.0.31}}\n"
        f"k3s:\n  version: v1.31.9+k3s1\n  registration: {{address: api.lan, by: {by}}}\n"
    )
    assert [said] * bool(said) == [problem.wrong for problem in check(tmp_path) if problem.where == "hosts"]
