"""The flags all servers must share."""

import pytest

from edgebook.lab.k3s import critical
from edgebook.lab.k3s.settings import Settings


def values(**given):
    """Return the critical values of a server with these settings."""
    return critical.values(Settings("server", {key.replace("_", "-"): value for key, value in given.items()}))


def test_defaults_equal_what_they_default_to():
    """A server that spells the defaults out does not differ from one that does not."""
    spelled = values(cluster_cidr="10.42.0.0/16", flannel_backend="vxlan", cluster_dns="10.43.0.10")
    assert () == critical.mismatches(spelled, values())


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"flannel_backend": "host-gw"}, ("flannel-backend",)),
        ({"service_cidr": "10.50.0.0/16"}, ("cluster-dns", "service-cidr")),
        ({"secrets_encryption": True}, ("secrets-encryption",)),
        ({"disable": ["servicelb"]}, ("disable-service-lb",)),
        ({"disable": ["traefik"]}, ()),
        ({"tls_san": ["x"]}, ()),
    ],
)
def test_differences_are_named(given, named):
    """Only critical flags count, each under the name K3s logs."""
    assert named == critical.mismatches(values(**given), values())


def test_broken_network_has_no_dns():
    """A service network that is none leaves the DNS address empty instead of failing."""
    assert "" == values(service_cidr="nonsense")["cluster-dns"]
