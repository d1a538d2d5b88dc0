"""How fast the practice site's Kubernetes API is, and how much memory it takes: `python -m tests.benchmarks.cluster`.

Not a test: nothing fails for being slow. With EDGEBOOK_CONTRACT_KUBECONFIG the same lists are timed on a real API
server, and the last column is the ratio.
"""

import asyncio
import json
import os
import resource
import ssl
import statistics
import sys
import tempfile
import time
from pathlib import Path

import aiohttp

from tests.contract.cluster import Cluster
from tests.kubeapi import RunningApi, node, pod
from tests.lab.kubestage import Stage, machine, wish

PODS, NODES, MANY_PODS, WATCHERS, APPLIES, ROUNDS = 5_000, 1_000, 10_000, 1_000, 200, 5
DEPLOYED = (1_000, 10_000)
REAL = os.environ.get("EDGEBOOK_CONTRACT_KUBECONFIG", "")
ALL_PODS = "/api/v1/pods"


def timed(act):
    """Return how many seconds something takes, in the middle of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def memory_mb():
    """Return this process's memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def start(folder):
    """Start an API; return it and how long it took until it was ready."""
    began = time.perf_counter()
    api = RunningApi(folder)
    assert api.ask("GET", "/readyz")[0] == 200
    return api, time.perf_counter() - began


def fill(api, first, last, place="default"):
    """Put pods into the store."""
    for number in range(first, last):
        api.do(api.store.create, "pods", pod(f"pod-{number:05}", on=f"n{number % NODES}", namespace=place))


def listed(api):
    """Time the list of all pods."""
    with api.client() as client:
        return timed(lambda: client.request("GET", api.url + ALL_PODS, headers={"Accept": "application/json"}).data)


def listed_really():
    """Time the same list on a real API server, or return None."""
    if not REAL:
        return None
    with tempfile.TemporaryDirectory() as folder:
        real = Cluster(Path(REAL), Path(folder))
        name = f"bench-{os.getpid()}"
        real.make("/api/v1/namespaces", {"metadata": {"name": name}})
        path = f"/api/v1/namespaces/{name}/pods"
        real.until(f"/api/v1/namespaces/{name}/serviceaccounts/default", lambda answer: answer.code == 200)
        body = pod("x", namespace=name)
        body["spec"]["schedulerName"] = "nobody"
        for number in range(PODS):
            real.make(path, {**body, "metadata": {**body["metadata"], "name": f"pod-{number:05}"}})
        try:
            return timed(lambda: real.http.request("GET", real.url + path, headers={"Accept": "application/json"}).data)
        finally:
            real.delete(f"/api/v1/namespaces/{name}")


def applied(api):
    """Return how many applies a second."""
    head = {"apiVersion": "v1", "kind": "ConfigMap"}
    path = api.url + "/api/v1/namespaces/default/configmaps"
    began = time.perf_counter()
    with api.client() as client:
        for number in range(APPLIES):
            body = json.dumps({**head, "metadata": {"name": f"c{number}"}, "data": {"n": str(number)}})
            kind = {"Content-Type": "application/apply-patch+yaml"}
            client.request("PATCH", f"{path}/c{number}?fieldManager=bench", body=body, headers=kind)
    return APPLIES / (time.perf_counter() - began)


async def fan_out(api):
    """Return how long it takes until the last of many watchers has heard of a change, in seconds."""
    context = ssl.create_default_context(cafile=str(api.folder / "ca.pem"))
    context.load_cert_chain(api.folder / "kubeconfig.crt", api.folder / "kubeconfig.key")
    connector = aiohttp.TCPConnector(limit=0, ssl=context)
    async with aiohttp.ClientSession(connector=connector) as session:
        url = f"{api.url}/api/v1/namespaces/kube-public/configmaps?watch=1"
        streams = [await session.get(url) for _ in range(WATCHERS)]
        waiting = [asyncio.ensure_future(stream.content.readline()) for stream in streams]
        await asyncio.sleep(0.5)
        began = time.perf_counter()
        made = {"metadata": {"name": "heard", "namespace": "kube-public"}}
        await asyncio.to_thread(api.do, api.store.create, "configmaps", made)
        await asyncio.gather(*waiting)
        return time.perf_counter() - began


def bound(replicas, **spec):
    """Deploy so many replicas to a thousand nodes, without a server; return the seconds until all have a node."""
    stage = Stage(*(machine(f"n{number:04}") for number in range(NODES)))
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": wish("x")["spec"] | spec}
    body = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    stage.make("deployments", {"metadata": {"name": "web", "namespace": "default"}, "spec": body})
    began = time.perf_counter()
    stage.run()
    taken = time.perf_counter() - began
    assert all(item.obj["spec"].get("nodeName") for item in stage.store.items(stage.store.scope("pods")))
    return taken


def row(name, value, unit, more=""):
    """Print one line of the table."""
    sys.stdout.write(f"{name:<52}{value:>12} {unit:<8}{more}\n")


def main():
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        api, ready_s = start(Path(name))
        row("start-up until ready", f"{ready_s:.2f}", "s")
        for number in range(NODES):
            api.do(api.store.create, "nodes", node(f"n{number}"))
        fill(api, 0, PODS)
        mine, real = listed(api), listed_really()
        row(f"list of {PODS} pods", f"{mine * 1000:.0f}", "ms", f"{mine / real:.2f}x a real API server" if real else "")
        fill(api, PODS, MANY_PODS)
        row(f"memory at {NODES} nodes and {MANY_PODS} pods, this whole process", f"{memory_mb():.0f}", "MB")
        row("server-side applies", f"{applied(api):.0f}", "per s")
        row(f"fan-out of one change to {WATCHERS} watchers", f"{asyncio.run(fan_out(api)) * 1000:.0f}", "ms")
        api.close()
    even = {"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule"}
    even["labelSelector"] = {"matchLabels": {"app": "web"}}
    for replicas in DEPLOYED:
        row(f"{replicas} replicas on {NODES} nodes until all are bound", f"{bound(replicas):.1f}", "s")
    spread = bound(DEPLOYED[0], topologySpreadConstraints=[even])
    row(f"{DEPLOYED[0]} replicas on {NODES} nodes, spread over the hosts", f"{spread:.1f}", "s")


if __name__ == "__main__":
    main()
