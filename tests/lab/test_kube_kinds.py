"""The table of kinds, and what discovery makes of it."""

import pytest

from edgebook.lab.kube import discovery, openapi
from edgebook.lab.kube.kinds import Kind
from edgebook.lab.kube.listtypes import ATOMIC, SET, list_type, list_types
from edgebook.lab.kube.registry import Registry, UnknownKind
from edgebook.lab.kube.served import BUILT_IN


@pytest.fixture
def registry():
    """The kinds every practice site serves."""
    return Registry()


def test_paths_are_unique():
    """No two kinds lie at one path."""
    paths = [(kind.group, kind.version, kind.plural) for kind in BUILT_IN]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.resource)
def test_every_kind_is_found_by_its_full_names(registry, kind):
    """Plural and kind with their group lead back to the kind."""
    first = registry.named(f"{kind.plural}.{kind.group}")
    assert (kind.group, kind.kind) == (first.group, first.kind)
    assert kind == registry.named(f"{kind.kind}.{kind.version}.{kind.group}")


def test_a_short_name_belongs_to_the_first(registry):
    """`ev` is a core event."""
    assert registry.named("ev").group == ""


def test_a_kind_can_be_added(registry):
    """A custom kind is served once it is in the registry."""
    registry.add(Kind("devices.example.com", "v1", "Device", "devices", custom=True))
    assert ("Device", ["v1"]) == (registry.named("devices").kind, registry.groups()["devices.example.com"])


def test_an_unknown_name_is_said_so(registry):
    """The words are kubectl's."""
    with pytest.raises(UnknownKind, match="the server doesn't have a resource type 'frob'"):
        registry.named("frob")


def test_discovery_both_ways_agrees(registry):
    """The aggregated document has the resources of the lists, group by group."""
    whole = discovery.aggregated(registry, core=False)
    for group in whole["items"]:
        for version in group["versions"]:
            listed = discovery.resource_list(registry, group["metadata"]["name"], version["version"])
            plain = [item["name"] for item in listed["resources"] if "/" not in item["name"]]
            assert plain == [item["resource"] for item in version["resources"]]


def test_every_version_has_an_openapi_document(registry):
    """What the index names can be read."""
    places = openapi.index(registry)["paths"]
    assert all(openapi.document(registry, place) for place in places)


def test_the_root_lists_every_version(registry):
    """kubectl get --raw / shows where to go."""
    assert {"/api/v1", "/apis/apps/v1", "/apis/k3s.cattle.io/v1", "/version"} <= set(discovery.paths(registry)["paths"])


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("spec.containers", ("name",)),
        ("spec.template.spec.containers.ports", ("containerPort", "protocol")),
        ("spec.ports", ("port", "protocol")),
        ("subsets.ports", ()),
        ("spec.taints", ()),
        ("status.conditions", ("type",)),
        ("metadata.ownerReferences", ("uid",)),
    ],
)
def test_lists_merge_by_these_keys(path, keys):
    """The keys are those of the real schemas."""
    assert keys == list_type(path.split(".")).map_keys


def test_lists_of_custom_kinds_are_atomic(registry):
    """Only the metadata of a custom object has lists that merge."""
    found = [
        list_types(registry.named("helmcharts"))(path) for path in (("spec", "containers"), ("metadata", "finalizers"))
    ]
    assert [ATOMIC, SET] == found
