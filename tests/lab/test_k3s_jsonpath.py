"""JSONPath and kubectl's command line."""

import pytest

from edgebook.lab.k3s.kubectl.jsonpath import TemplateError, render
from edgebook.lab.k3s.kubectl.words import UsageError, parse

TREE = {
    "items": [
        {"metadata": {"name": "s1", "annotations": {"a.b/c": "x"}}, "status": {"n": 1, "ok": True}},
        {"metadata": {"name": "a1"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}},
    ]
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{.items[*].metadata.name}", "s1 a1"),
        ("{.items[0].metadata.name}", "s1"),
        ("{.items[-1].metadata.name}", "a1"),
        ("{.items[9].metadata.name}", ""),
        ("{.items[0].status.n} and {.items[0].status.ok}", "1 and true"),
        ("{.items[0].metadata.annotations.a\\.b/c}", "x"),
        ("{.items[0].metadata['name']}", "s1"),
        ('{range .items[*]}{.metadata.name}{"\\n"}{end}', "s1\na1\n"),
        ('{.items[1].status.conditions[?(@.type=="Ready")].status}', "True"),
        ('{.items[?(@.metadata.name!="s1")].metadata.name}', "a1"),
        ("{$.items[0].metadata.name}", "s1"),
        ('{range .items[*]}{range .status.conditions[*]}{.type}{"="}{.status}{end}{end}', "Ready=True"),
    ],
)
def test_templates(template, text):
    """The templates operators write are filled in as kubectl does."""
    assert text == render(template, TREE)


@pytest.mark.parametrize("template", ["{.items", "{range .items[*]}x", "{.items[?]}"])
def test_broken_templates(template):
    """A template that cannot be read is an error, not an empty answer."""
    with pytest.raises(TemplateError):
        render(template, TREE)


@pytest.mark.parametrize(
    ("line", "flags"),
    [
        ("get pods -n kube-system", {"namespace": "kube-system"}),
        ("get pods -nkube-system -A", {"namespace": "kube-system", "all-namespaces": "true"}),
        ("get node s1 -o=json", {"output": "json"}),
        ("get node s1 -ojson", {"output": "json"}),
        ("get --raw=/readyz", {"raw": "/readyz"}),
        ("drain s1 --ignore-daemonsets --force=false", {"ignore-daemonsets": "true", "force": "false"}),
    ],
)
def test_flags(line, flags):
    """Flags are read in every form kubectl takes."""
    assert flags == parse(line.split()).flags


def test_arguments_stand_between_flags():
    """Arguments are found wherever they stand."""
    found = parse(["-n", "x", "get", "node", "--no-headers", "s1"])
    assert ("get", ["node", "s1"], "x") == (found.command, found.arguments, found.namespace)


def test_flag_without_its_value():
    """A flag that misses its value is refused."""
    with pytest.raises(UsageError, match="flag needs an argument"):
        parse(["get", "pods", "-o"])
