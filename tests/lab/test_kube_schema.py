"""The table of types: it agrees with the official client, and readers use it as the API server does."""

import importlib
import re

import pytest

from edgebook.lab.kube.quantities import canonical
from edgebook.lab.kube.schema import prose, types
from edgebook.lab.kube.served import BUILT_IN

LISTED = sorted(name for name in types.names() if name.split(".")[0] in ("core", "apps", "batch", "policy", "rbac"))


def model(name):
    """Return the official client's class of a type, or None."""
    group, version, kind = name.split(".")
    models = importlib.import_module("kubernetes.client.models")
    found = (getattr(models, f"{prefix}{version.title()}{kind}", None) for prefix in (group.title(), ""))
    return next((item for item in found if item is not None), None)


def test_every_kind_has_a_type():
    """Only kinds of definitions have none."""
    bare = {kind.resource for kind in BUILT_IN if types.of_kind(kind.group, kind.version, kind.kind) is None}
    assert {kind.resource for kind in BUILT_IN if kind.custom} == bare


@pytest.mark.parametrize("name", LISTED)
def test_types_agree_with_the_official_client(name):
    """What the table calls a field is one in the client's model, unless upstream has dropped it since."""
    found = model(name)
    if found is None:
        pytest.skip("the client has no model of it")
    known = set(found.attribute_map.values()) | {"kind", "apiVersion"}
    assert len(set(types.named(name).fields) - known) <= 1


def test_descriptions_come_from_the_client():
    """A field has the client's words."""
    assert prose.of_type("apps.v1.DeploymentSpec")["replicas"].startswith("Number of desired pods.")


def test_numbers_are_unique():
    """No two fields of a type share a number on the wire."""
    assert not [
        name for name in types.names() if len({f.number for f in types.named(name).wire}) < len(types.named(name).wire)
    ]


def test_references_lead_somewhere():
    """Every type a field names is there."""
    named = {field.type for name in types.names() for field in types.named(name).wire if not field.is_scalar}
    assert not [name for name in named if not types.known(name)]
    assert all(re.fullmatch(r"\w+\.v\w+\.\w+", name) for name in named)


QUANTITIES = {
    "1024Mi": "1Gi",
    "0.5": "500m",
    "1000m": "1",
    "1.5Gi": "1536Mi",
    "100Mi": "100Mi",
    "2": "2",
    "0": "0",
    "1e3": "1e3",
}


@pytest.mark.parametrize("text", QUANTITIES)
def test_quantities_have_one_form(text):
    """An amount is written as the API server writes it."""
    assert QUANTITIES[text] == canonical(text)
