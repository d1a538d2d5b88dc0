"""K3s's log lines lead to causes, and every cause to a remedy."""

import re

import pytest

from edgebook.k3s import service, tables

LINES = {
    "N13": 'level=fatal msg="starting kubernetes: preparing server: failed to bootstrap cluster data: failed to validate server '
    'configuration: critical configuration value mismatch between servers"',
    "N03": 'level=fatal msg="token CA hash does not match the Cluster CA certificate hash: A != B"',
    "N04": 'level=error msg="failed to retrieve configuration from server: https://127.0.0.1:6444/v1-k3s/config: 401 Unauthorized"',
    "N05": "Node password rejected, duplicate hostname or contents of '/etc/rancher/node/password' may not match server node-passwd entry",
    "N07": 'level=fatal msg="Error: unable to select an IP from default routes."',
    "N11": 'level=fatal msg="etcd cluster join failed: duplicate node name found, please use a unique name for this node"',
    "N12": 'level=fatal msg="bootstrap data already found and encrypted with different token"',
    "N16": "x509: certificate has expired or is not yet valid: current time 2027-01-01T00:00:00Z is after 2026-01-01T00:00:00Z",
    "N17": "x509: certificate has expired or is not yet valid: current time 2020-01-01T00:00:00Z is before 2026-01-01T00:00:00Z",
    "N18": 'level=fatal msg="failed to find memory cgroup, you may need to add \\"cgroup_memory=1 cgroup_enable=memory\\""',
    "N23": "write /var/lib/rancher/k3s/server/db: no space left on device",
    "N32": "listen tcp 0.0.0.0:10250: bind: address already in use",
    "N35": "starting kubernetes: preparing server: https://S1:6443/v1-k3s/server-bootstrap: 401 Unauthorized",
    "N02": 'failed to get CA certs: Get "https://127.0.0.1:6444/cacerts": context deadline exceeded',
}


@pytest.mark.parametrize(("cause", "line"), LINES.items())
def test_a_real_log_line_leads_to_its_cause(cause, line):
    """Each line that K3s writes matches its own signature before any other."""
    signature, shown = service.match(f"level=info msg=starting\n{line}\nlevel=info msg=after\n")
    assert (cause, line) == (signature.id, shown)


@pytest.mark.parametrize(
    "line", ["", 'level=info msg="Wrote kubeconfig"', "Starting Lightweight Kubernetes...", "PLEG is fine"]
)
def test_ordinary_lines_lead_nowhere(line):
    """A healthy log has no signature."""
    assert service.match(line) is None


@pytest.mark.parametrize("signature", tables.SIGNATURES, ids=lambda signature: signature.id)
def test_every_signature_can_be_compiled_and_has_a_remedy(signature):
    """A signature without a cause and a remedy would be of no help."""
    assert re.compile(signature.pattern)
    assert signature.cause
    assert signature.hint


def test_the_last_line_that_shows_a_cause_is_quoted():
    """Of many repetitions the newest is the evidence."""
    log = "\n".join(f"{at} unable to select an IP from default routes." for at in range(3))
    assert "2 unable to select an IP from default routes." == service.match(log)[1]


@pytest.mark.parametrize(("role", "name"), [("server", "k3s"), ("agent", "k3s-agent")])
def test_units_are_named_as_the_installer_names_them(role, name):
    """A server's unit is k3s, an agent's k3s-agent."""
    assert name == service.unit_name(role)


def test_the_installer_is_pinned_and_never_starts_the_service():
    """The version travels in the environment, and starting is a step of its own."""
    argv, env = service.installer("v1.31.9+k3s1", "server", bundle=False, environment={})
    assert ["flock", tables.INSTALL_LOCK, "sh", tables.INSTALLER] == argv
    assert {
        "INSTALL_K3S_VERSION": "v1.31.9+k3s1",
        "INSTALL_K3S_EXEC": "server",
        "INSTALL_K3S_SKIP_START": "true",
    } == env


def test_from_a_bundle_nothing_is_downloaded():
    """With a bundle the installer is told to skip its download."""
    _, env = service.installer("v1.31.9+k3s1", "agent", bundle=True, environment={})
    assert ("true", False) == (env["INSTALL_K3S_SKIP_DOWNLOAD"], "INSTALL_K3S_VERSION" in env)


def test_a_condition_that_is_not_there_is_no_error():
    """A node that does not exist yet has no conditions."""
    assert ("", "") == (service.condition(None, "Ready"), service.condition({"status": {}}, "Ready"))
