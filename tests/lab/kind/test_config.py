"""The configuration that kind makes a cluster from."""

import yaml

from edgebook.lab.kind import config
from tests.lab.kind.test_plan import made


def test_nodes_are_all_of_one_image():
    """Three control planes and two workers, of the version that the site has."""
    nodes = config.cluster(made())["nodes"]
    assert ["control-plane"] * 3 + ["worker"] * 2 == [node["role"] for node in nodes]
    assert {"kindest/node:v1.31.9"} == {node["image"] for node in nodes}


def test_the_api_answers_on_loopback_alone():
    """No other machine reaches the cluster; kind chooses the port, and a reset keeps it."""
    networking = config.cluster(made())["networking"]
    assert ("127.0.0.1", 0) == (networking["apiServerAddress"], networking["apiServerPort"])
    assert 41443 == config.cluster(made(api_port=41443))["networking"]["apiServerPort"]


def test_pressure_can_happen():
    """Each threshold that kind switches off is on again: its template says 0% and 100%."""
    patch = yaml.safe_load(config.cluster(made())["kubeadmConfigPatches"][0])
    off = {"nodefs.available", "nodefs.inodesFree", "imagefs.available"}
    assert "KubeletConfiguration" == patch["kind"]
    assert (set(), set()) == (off - set(patch["evictionHard"]), {"0%", "100%"} & set(patch["evictionHard"].values()))
    assert 80 == patch["imageGCLowThresholdPercent"] < patch["imageGCHighThresholdPercent"] < 100


def test_a_patch_of_ones_own_comes_last():
    """It is merged after ours, so that it wins."""
    mine = "kind: KubeletConfiguration\nmaxPods: 20\n"
    assert mine == config.cluster(made(patch=mine))["kubeadmConfigPatches"][-1]


def test_the_text_is_what_was_described():
    """kind reads back what was meant."""
    assert config.cluster(made()) == yaml.safe_load(config.text(made()))
