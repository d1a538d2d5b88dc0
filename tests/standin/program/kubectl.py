"""`k3s kubectl`: the verbs that install steps use, over the port and with the administrator's certificate.

Not kubectl: no other kinds than nodes, no other output than a table and JSON.
"""

import base64
import json
import re
import sys
import tempfile
import time
from calendar import timegm
from http import HTTPStatus
from pathlib import Path

from . import nodes, wire
from .settings import CONFIG

KUBECONFIG = CONFIG.with_name("k3s.yaml")
WITH_VALUE = ("-o", "--output", "--timeout", "--request-timeout", "-n", "--namespace")


class Failed(Exception):
    """The command ends with exit code 1 and this message."""


def kubectl(arguments):
    """Carry out one command and return its exit code."""
    try:
        _carry_out(*_sorted(arguments))
    except Failed as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    return 0


def _carry_out(words, options):
    if words[:1] == ["get"] and "--raw" in options:
        sys.stdout.write(_ask("GET", options["--raw"]).decode())
    elif words[:2] in (["get", "nodes"], ["get", "node"], ["get", "no"]):
        _get(words[2:], options)
    elif words[:1] and words[0] in VERBS:
        VERBS[words[0]](words[1:], options)
    else:
        raise Failed(f'error: unknown command "{" ".join(words)}" for "kubectl" (of the stand-in)')


def _sorted(arguments):
    words, options, rest = [], {}, list(arguments)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            words.append(word)
            continue
        name, equals, value = word.partition("=")
        options[name] = value if equals else rest.pop(0) if name in WITH_VALUE else "true"
    return words, options


def _get(names, options):
    found = [json.loads(_ask("GET", f"/api/v1/nodes/{name}")) for name in names]
    if not names:
        found = json.loads(_ask("GET", "/api/v1/nodes"))["items"]
    if options.get("-o", options.get("--output")) == "json":
        whole = {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": found}
        sys.stdout.write(json.dumps(found[0] if names else whole, indent=4) + "\n")
        return
    rows = [_row(node) for node in found]
    if "--no-headers" not in options:
        rows.insert(0, ("NAME", "STATUS", "ROLES", "AGE", "VERSION"))
    widths = [max(len(row[column]) for row in rows) for column in range(5)] if rows else []
    for row in rows:
        sys.stdout.write("   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")


def _row(node):
    meta = node["metadata"]
    states = {"True": "Ready", "False": "NotReady"}
    status = next(
        states.get(one["status"], "NotReady") for one in node["status"]["conditions"] if one["type"] == "Ready"
    )
    if node["spec"].get("unschedulable"):
        status += ",SchedulingDisabled"
    roles = sorted(label.removeprefix(nodes.ROLE) for label in meta["labels"] if label.startswith(nodes.ROLE))
    age_s = int(time.time() - timegm(time.strptime(meta["creationTimestamp"], "%Y-%m-%dT%H:%M:%SZ")))
    return meta["name"], status, ",".join(roles) or "<none>", f"{age_s}s", node["status"]["nodeInfo"]["kubeletVersion"]


def _label(words, _options):
    name = words[1]
    labels = dict(pair.split("=", 1) for pair in words[2:] if "=" in pair) | {
        pair[:-1]: None for pair in words[2:] if pair.endswith("-")
    }
    _ask("PATCH", f"/api/v1/nodes/{name}", {"metadata": {"labels": labels}})
    sys.stdout.write(f"node/{name} labeled\n")


def _schedulable(name, *, wanted):
    _ask("PATCH", f"/api/v1/nodes/{name}", {"spec": {"unschedulable": None if wanted else True}})
    sys.stdout.write(f"node/{name} {'uncordoned' if wanted else 'cordoned'}\n")


def _drain(words, _options):
    _schedulable(words[0], wanted=False)
    sys.stdout.write(f"node/{words[0]} drained\n")


def _delete(words, options):
    for name in words[1:]:
        try:
            _ask("DELETE", f"/api/v1/nodes/{name}")
        except Failed as exc:
            if "NotFound" not in str(exc) or "--ignore-not-found" not in options:
                raise
        else:
            sys.stdout.write(f'node "{name}" deleted\n')


VERBS = {
    "label": _label,
    "drain": _drain,
    "delete": _delete,
    "cordon": lambda words, _: _schedulable(words[0], wanted=False),
    "uncordon": lambda words, _: _schedulable(words[0], wanted=True),
}


def _ask(method, path, body=None):
    if not KUBECONFIG.is_file():
        raise Failed(
            "The connection to the server localhost:8080 was refused - did you specify the right host or port?"
        )
    text = KUBECONFIG.read_text(encoding="ascii")
    url = re.search(r"server: (\S+)", text)[1]
    authority, certificate, key = (
        base64.b64decode(re.search(rf"{name}-data: (\S+)", text)[1]).decode()
        for name in ("certificate-authority", "client-certificate", "client-key")
    )
    with tempfile.TemporaryDirectory() as folder:
        pair = Path(folder) / "pair.pem"
        pair.write_text(certificate + key, encoding="ascii")
        try:
            code, data = wire.ask(url, path, ca=authority, certificate=(pair,), method=method, body=body)
        except OSError as exc:
            where = url.removeprefix("https://")
            raise Failed(
                f"The connection to the server {where} was refused - did you specify the right host or port?"
            ) from exc
    if code >= HTTPStatus.BAD_REQUEST:
        said = json.loads(data)
        raise Failed(f"Error from server ({said['reason']}): {said['message']}")
    return data
