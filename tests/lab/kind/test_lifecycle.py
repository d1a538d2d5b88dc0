"""The life of a lab on kind, with a stand-in for the kind program: Docker, network and edge hosts are real."""

import json

import pytest
import yaml

from edgebook import lab
from edgebook.errors import LabError, LabUnavailable
from edgebook.lab.docker import engine
from edgebook.lab.docker.plan import lab_id
from edgebook.lab.kind import lifecycle, nodes
from edgebook.site import load
from edgebook.ssh import Fleet
from tests.dockerhosts import docker_reason
from tests.lab.docker.conftest import traces
from tests.lab.kind.conftest import host_image

NAMES = {"control-plane", "control-plane2", "worker", "e1"}


def everything(folder):
    """Return all that Docker has of a folder's lab, the cluster's containers included."""
    return [*traces(folder), *nodes.containers(lab_id(folder))]


def node(status, name, *argv):
    """Run a command in a node."""
    return engine.ask("exec", f"{lab_id(status.folder)}-{name}", *argv)


def test_nodes_and_edge_hosts_are_listed_as_they_are_reached(kind_site):
    """Nodes have no SSH; edge hosts answer at .31 and on; all are on."""
    hosts = {host.name: host for host in kind_site.hosts}
    assert (True, "kind", NAMES) == (kind_site.running, kind_site.backend, set(hosts))
    assert {"control-plane": "server", "worker": "agent", "e1": "edge"}.items() <= {
        name: host.role for name, host in hosts.items()
    }.items()
    assert (0, 22, True) == (hosts["worker"].port, hosts["e1"].port, all(host.powered for host in hosts.values()))
    assert hosts["e1"].address.endswith(".31")


def test_edge_hosts_let_the_user_in_and_know_the_cluster_by_name(kind_site):
    """Over SSH an edge host resolves the API's name in the lab's network, and is root on demand."""
    site = load(kind_site.site_folder)
    script = f"sudo -n id -u; getent hosts {site.k3s.registration.address} | wc -l"
    with Fleet([site.target("e1")]) as fleet:
        assert ["0", "1"] == fleet.run(["sh", "-c", script]).ok["e1"].out.split()


def test_the_kubeconfig_is_the_sites_own(kind_site):
    """It lies where a runbook writes it, has the site's context, and is for its owner alone."""
    path = kind_site.site_folder / "kubeconfig"
    read = yaml.safe_load(path.read_text())
    assert ("lab", "lab", 0o600) == (read["current-context"], read["contexts"][0]["name"], path.stat().st_mode & 0o777)
    assert load(kind_site.site_folder).api_url == read["clusters"][0]["cluster"]["server"]


def test_nodes_take_their_addresses_from_the_upper_half(kind_site):
    """Docker never gives a node the address of an edge host."""
    last = [int(host.address.rpartition(".")[2]) for host in kind_site.hosts if host.role != "edge"]
    assert [] == [number for number in last if number < 128]


def test_kind_was_given_the_whole_configuration(kind_site, standin):
    """The cluster's name, its own network and kubeconfig, and the numbers of nodes that were asked for."""
    asked = json.loads((standin.folder / "config").read_text())
    assert ["control-plane", "control-plane", "worker"] == [one["role"] for one in asked["nodes"]]
    words = next(call for call in standin.calls if call.startswith("create"))
    assert f"create cluster --name {lab_id(kind_site.folder)} --config -" in words


def test_a_second_up_leaves_a_lab_as_it_is(kind_site, standin):
    """What runs is not made anew, whatever numbers are asked for."""
    before = len(standin.calls)
    again = lab.up(kind_site.folder, servers=1, agents=0)
    assert (False, NAMES) == (again.fresh, {host.name for host in again.hosts})
    assert {"version"} >= set(standin.calls[before:])


def test_a_node_that_is_off_is_started_again(kind_site):
    """`up` brings back what somebody stopped by hand."""
    engine.call("stop", "--time", "0", f"{lab_id(kind_site.folder)}-worker")
    assert [False] == [host.powered for host in lab.status(kind_site.folder).hosts if host.name == "worker"]
    again = lab.up(kind_site.folder)
    assert [] == [host.name for host in again.hosts if not host.powered]


@pytest.mark.parametrize(("fault", "target"), [("host-down", "worker"), ("host-frozen", "worker"), ("host-down", "e1")])
def test_a_node_or_a_host_can_be_off_or_stand_still(kind_site, fault, target):
    """The fault is in until it is healed, and then everything is on again."""
    broken = lab.break_(kind_site.folder, fault, target)
    assert ((fault, target),) == broken.faults
    healed = lab.heal(kind_site.folder)
    assert ((), []) == (healed.faults, [host.name for host in healed.hosts if not host.powered])


def test_a_stopped_kubelet_is_the_default_of_unit_stopped(kind_site):
    """Without more words a worker's kubelet is stopped, and healing starts it."""
    assert (("unit-stopped", "worker"),) == lab.break_(kind_site.folder, "unit-stopped").faults
    assert "inactive" == node(kind_site, "worker", "systemctl", "is-active", "kubelet").out.strip()
    lab.heal(kind_site.folder)
    assert "active" == node(kind_site, "worker", "systemctl", "is-active", "kubelet").out.strip()


def test_disk_pressure_is_a_threshold_in_the_kubelets_own_file(kind_site):
    """The kubelet is started again with it, and healing puts the file back as it was."""
    config = ("cat", "/var/lib/kubelet/config.yaml")
    before = node(kind_site, "worker", *config).out
    started = ("systemctl", "show", "kubelet", "--property", "MainPID")
    first = node(kind_site, "worker", *started).out
    assert (("disk-pressure", "worker"),) == lab.break_(kind_site.folder, "disk-pressure").faults
    assert before.replace("nodefs.available: 5%", "nodefs.available: 99%") == node(kind_site, "worker", *config).out
    assert first != node(kind_site, "worker", *started).out
    lab.heal(kind_site.folder)
    assert before == node(kind_site, "worker", *config).out


def test_the_link_between_a_node_and_an_edge_host_can_be_cut(kind_site):
    """The node drops the edge host's packets, and takes them again when healed."""
    edge = next(host.address for host in kind_site.hosts if host.name == "e1")
    lab.break_(kind_site.folder, "link-cut", "worker", **{"with": "e1"})
    assert node(kind_site, "worker", "iptables", "-C", "INPUT", "-s", edge, "-j", "DROP").ok
    lab.heal(kind_site.folder)
    assert not node(kind_site, "worker", "iptables", "-C", "INPUT", "-s", edge, "-j", "DROP").ok


def test_reset_makes_all_anew_behind_the_same_names(kind_site):
    """Nodes and hosts are new, faults are gone; addresses of hosts, their keys and the API's port stay."""
    known = (kind_site.site_folder / "known_hosts").read_text()
    for name in ("worker", "e1"):
        node(kind_site, name, "touch", "/root/mine")
    lab.break_(kind_site.folder, "unit-stopped")
    fresh = lab.reset(kind_site.folder)
    assert ((), kind_site.api_port) == (fresh.faults, fresh.api_port)
    assert [False, False] == [node(fresh, name, "test", "-e", "/root/mine").ok for name in ("worker", "e1")]
    assert known == (fresh.site_folder / "known_hosts").read_text()


def test_down_leaves_nothing(standin, tmp_path):
    """No container of the cluster or of an edge host, no network, bridge, rule or file of kind's."""
    if docker_reason():
        pytest.skip(docker_reason())
    folder = tmp_path / "lab"
    up = lab.up(folder, backend="kind", image=host_image(), servers=1, agents=0, edges=1)
    assert (True, True) == (up.fresh, bool(everything(folder)))
    down = lab.down(folder)
    assert (False, [], ["lab.lock"]) == (down.running, everything(folder), [path.name for path in folder.iterdir()])


def test_a_start_that_fails_leaves_nothing(standin_folder, fake_kind, tmp_path):
    """Also the containers that kind had made by then are gone, and the error says what kind said last."""
    if docker_reason():
        pytest.skip(docker_reason())
    label = f"io.x-k8s.kind.cluster={lab_id(tmp_path / 'lab')}"
    half = f"docker create --label {label} --network $KIND_EXPERIMENTAL_DOCKER_NETWORK {host_image()} >/dev/null"
    fake_kind.says(
        f'case $1 in version) echo kind v0.27.0;; create) {half}; echo "ERROR: failed: no luck" >&2; exit 1;; esac'
    )
    with pytest.raises(LabError, match="no luck"):
        lab.up(tmp_path / "lab", backend="kind", servers=1, agents=0, edges=1)
    assert ([], False) == (everything(tmp_path / "lab"), (tmp_path / "lab" / "lab.json").exists())


def test_what_a_killed_start_left_is_found_by_down(standin, tmp_path):
    """A folder that knows nothing of its cluster still takes it away."""
    if docker_reason():
        pytest.skip(docker_reason())
    cluster = lab_id(tmp_path)
    engine.call("create", "--name", f"{cluster}-worker", "--label", f"{nodes.LABEL}={cluster}", host_image())
    assert lifecycle.may_have_left(tmp_path)
    lab.down(tmp_path)
    assert [] == everything(tmp_path)


def test_without_kind_one_sentence_says_what_to_install(tmp_path, monkeypatch):
    """The exit code is 2: nothing was started."""
    (tmp_path / "docker").write_text("#!/bin/sh\necho linux\n")
    (tmp_path / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabUnavailable, match="no kind program") as caught:
        lab.up(tmp_path / "lab", backend="kind")
    assert (2, True, False) == (
        caught.value.exit_code,
        "install kind" in caught.value.hint,
        (tmp_path / "lab").exists(),
    )


def test_without_docker_one_sentence_says_what_to_install(tmp_path, monkeypatch):
    """Docker is asked for first: kind is nothing without it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabUnavailable, match="no docker program") as caught:
        lab.up(tmp_path / "lab", backend="kind")
    assert (2, True) == (caught.value.exit_code, "install Docker" in caught.value.hint)


@pytest.mark.parametrize("option", [{"bundle": "somewhere"}, {"patch": "somewhere"}])
def test_a_bundle_and_a_patch_are_for_kind_only(tmp_path, option):
    """Other sites have no cluster of their own that could take them."""
    with pytest.raises(LabError, match="only a cluster of kind"):
        lab.up(tmp_path / "lab", **{name: tmp_path / word for name, word in option.items()})


def test_a_patch_that_cannot_be_read_is_named_before_anything_is_made(standin, tmp_path):
    """Nothing is left behind either."""
    if docker_reason():
        pytest.skip(docker_reason())
    with pytest.raises(LabError, match=r"none\.yaml cannot be read"):
        lab.up(tmp_path / "lab", backend="kind", patch=tmp_path / "none.yaml")
    assert not (tmp_path / "lab").exists()


def test_orders_need_a_lab(tmp_path):
    """Where none was made the error says how."""
    if docker_reason():
        pytest.skip(docker_reason())
    for order in (lifecycle.reset, lambda where: lifecycle.break_(where, "host-down", "", {})):
        with pytest.raises(LabError, match="no practice site on kind") as caught:
            order(tmp_path)
        assert "--backend kind" in caught.value.hint
