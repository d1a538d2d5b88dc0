"""Names of kinds, and the paths they lead to."""

import pytest

from edgebook.cluster.resources import KNOWN, discovered, named
from edgebook.lab.kube.registry import Registry

INDEX = named(KNOWN)


@pytest.mark.parametrize(
    ("kind", "name", "namespace", "subresource", "path"),
    [
        ("nodes", "", "", "", "/api/v1/nodes"),
        ("node", "a1", "", "status", "/api/v1/nodes/a1/status"),
        ("pods", "", "", "", "/api/v1/pods"),
        ("pod", "x", "shop", "log", "/api/v1/namespaces/shop/pods/x/log"),
        ("deployments.apps", "web", "default", "", "/apis/apps/v1/namespaces/default/deployments/web"),
        ("node", "a/b?c", "", "", "/api/v1/nodes/a%2Fb%3Fc"),
    ],
)
def test_paths(kind, name, namespace, subresource, path):
    """Core kinds lie below /api, others below /apis; names are quoted."""
    assert path == INDEX[kind].path(name, namespace, subresource)


@pytest.mark.parametrize("resource", KNOWN, ids=lambda resource: resource.plural)
def test_the_known_kinds_are_as_the_api_has_them(resource):
    """Our table and the practice site's agree on path, kind and scope, and neither was made from the other."""
    served = Registry().at(resource.group, resource.version, resource.plural)
    assert (resource.kind, resource.namespaced) == (served.kind, served.namespaced)


def test_discovery_leaves_subresources_out():
    """`pods/log` is no kind of its own."""
    found = [
        {"name": "devices", "kind": "Device", "namespaced": True, "shortNames": ["dev"]},
        {"name": "devices/status", "kind": "Device", "namespaced": True},
    ]
    (resource,) = discovered({"groupVersion": "devices.kubeedge.io/v1beta1", "resources": found})
    assert ("devices.kubeedge.io/v1beta1", "devices", ("dev",)) == (
        resource.api_version,
        resource.plural,
        resource.short,
    )
