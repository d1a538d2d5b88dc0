"""Preflight of K3s: what an earlier install, a drop-in or a wrong box mean."""

import pytest

from edgebook.errors import HostUnreachable
from edgebook.k3s import config, preflight
from edgebook.k3s.inspect import K3sFacts, Seen, Unit
from edgebook.records import Status
from tests import hostfacts

UP = Unit(loaded=True, active="active", enabled=True)
VERSION = "v1.31.9+k3s1"


def facts(name, number, **changes):
    """Return the facts of a good host of this name, at this place in the network."""
    own = {"host": name, "hostname": name, "machine_id": name, "addresses": (("eth0", f"10.20.0.{number}", 24),)}
    return hostfacts.facts(**{**own, **changes})


@pytest.fixture
def found(make_site):
    """Return a function that checks a good site with some K3s facts or host facts changed, and gives what is not pass."""

    def check(k3s=None, hosts=None, errors=None, site=None):
        site = site or make_site()
        everybody = [*site.servers, *site.agents, *site.absent]
        known = {
            host.name: facts(host.name, at, **(hosts or {}).get(host.name, {})) for at, host in enumerate(everybody, 11)
        }
        gone = errors or {}
        seen = Seen(
            {name: one for name, one in known.items() if name not in gone},
            {name: (k3s or {}).get(name, K3sFacts()) for name in known},
            gone,
        )
        return {(one.id, one.target): one for one in preflight(site, seen) if one.status is not Status.PASS}

    return check


def test_bare_hosts_pass(found):
    """Nothing installed, nothing wrong."""
    assert {} == found()


def test_a_host_that_does_not_answer_is_one_failed_check(found):
    """A host that is down fails by itself and hides nothing of the others."""
    failed = found(errors={"a1": HostUnreachable("a1", "connection refused", hint="is it on?")})
    assert [("host.ssh", "a1")] == list(failed)


def test_a_hostname_that_is_not_the_inventorys_may_be_the_wrong_box(found):
    """The hostname is compared with site.yaml."""
    failed = found(hosts={"s2": {"hostname": "printer"}})
    assert ("s2", "printer") == (failed["k3s.hostname", "s2"].wanted, failed["k3s.hostname", "s2"].seen)


@pytest.mark.parametrize(("version", "status"), [("v1.30.4+k3s1", Status.FAIL), ("v1.31.8+k3s1", Status.WARN)])
def test_another_version_is_named(found, version, status):
    """Another minor version stops the run; another patch that does not run is replaced."""
    assert status == found(k3s={"a1": K3sFacts(version=version)})["k3s.version", "a1"].status


def test_another_version_that_runs_is_never_replaced(found):
    """An installed node is not upgraded by the way."""
    assert Status.FAIL == found(k3s={"a1": K3sFacts(version="v1.31.8+k3s1", agent=UP)})["k3s.version", "a1"].status


@pytest.mark.parametrize(
    ("keys", "status"),
    [
        ({"flannel-backend": "host-gw"}, Status.FAIL),
        ({"token": "x"}, Status.FAIL),
        ({"tls-san+": ["x"]}, Status.FAIL),
        ({"debug": True}, Status.WARN),
        ({}, Status.WARN),
    ],
)
def test_a_drop_in_fails_where_it_overrules_the_site(found, keys, status):
    """A file in config.yaml.d is named with its keys; only critical and reserved ones stop the run."""
    path = "/etc/rancher/k3s/config.yaml.d/50-local.yaml"
    check = found(k3s={"s2": K3sFacts(drop_ins={path: keys})})["k3s.drop-ins", "s2"]
    assert (status, True) == (check.status, "50-local.yaml" in check.seen)


def test_data_without_a_service_is_an_older_cluster(found):
    """A datastore that no unit owns would be encrypted with another token."""
    assert (
        "etcd data without a k3s service" == found(k3s={"s1": K3sFacts(datastore="etcd")})["k3s.leftovers", "s1"].seen
    )


def test_a_node_does_not_change_its_role_in_place(found):
    """A server that runs the agent's unit has to be uninstalled first."""
    assert "agent" == found(k3s={"s3": K3sFacts(agent=UP)})["k3s.role", "s3"].seen


def test_options_fixed_at_birth_cannot_be_changed_later(found, make_site):
    """A running server whose critical options are not site.yaml's stops the run and names them."""
    site = make_site()
    old = {**config.settings(config.server_config(site, site.servers[0])), "cluster-cidr": "10.99.0.0/16"}
    failed = found(k3s={"s1": K3sFacts(version=VERSION, server=UP, config=old)})
    assert "cluster-cidr: 10.99.0.0/16" == failed["k3s.critical", "s1"].seen


def test_an_address_that_somebody_answers_for_is_not_free(found):
    """A registration address in use stops the run."""
    assert (
        "somebody else answers for it" == found(k3s={"s1": K3sFacts(vip_taken=True)})["k3s.registration", "site"].seen
    )


def test_two_holders_are_a_split_brain(found):
    """Two servers with the registration address do not hear one another."""
    both = {
        name: {"addresses": (("eth0", f"10.20.0.1{at}", 24), ("eth0", "10.20.0.10", 24))}
        for at, name in ((1, "s1"), (2, "s2"))
    }
    assert "held by s1, s2" == found(hosts=both)["k3s.registration", "site"].seen


def test_without_root_only_the_cause_is_reported(found):
    """A host without sudo fails once, for sudo."""
    failed = found(hosts={"a2": {"root": False, "root_error": "sudo: a password is required"}})
    assert [("host.root", "a2")] == list(failed)


def test_a_site_from_a_bundle_has_its_checks_too(found, make_site, tmp_path):
    """What is wrong with the bundle stands in the same table, and so does what no bundle brings."""
    site = make_site(more=f"source: {{kind: bundle, path: {tmp_path / 'none'}}}")
    failed = found(site=site)
    assert Status.FAIL == failed["bundle.manifest", "site"].status
    assert {"s1", "s2", "s3"} == {host for check, host in failed if check == "k3s.keepalived"}


def test_hosts_that_have_this_k3s_need_nothing_of_a_bundle(found, make_site, tmp_path):
    """A second run sends nothing, and so its bundle is not summed."""
    whole = {name: K3sFacts(version=VERSION, server=UP, keepalived=UP) for name in ("s1", "s2", "s3")}
    whole |= {name: K3sFacts(version=VERSION, agent=UP) for name in ("a1", "a2")}
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "manifest.json").write_text('{"schema": 1, "files": []}')
    site = make_site(more=f"source: {{kind: bundle, path: {tmp_path / 'bundle'}}}")
    assert {} == {
        key: one for key, one in found(k3s=whole, site=site).items() if key[0].startswith(("bundle", "k3s.keep"))
    }
