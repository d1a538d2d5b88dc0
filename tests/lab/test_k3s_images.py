"""A host's images: pulled, imported, refused, and what the commands of K3s show of them."""

import io
import json
import tarfile
from types import SimpleNamespace

import pytest

from edgebook.lab.k3s.images import Images, archived
from tests.lab.k3s_bench import on_bench

DATA = "/var/lib/rancher/k3s"
HEAD = 'rpc error: code = {} desc = failed to pull and unpack image "{}": '


def with_images(act):
    """Run a test with one host and its images, on a world without K3s."""

    async def run(bench):
        host = bench.host("s1")
        return act(SimpleNamespace(host=host, images=Images(host, DATA), world=bench.world))

    return on_bench(run, servers=2, agents=0)


def tarball(*tags):
    """Return an image archive as `docker save` writes it."""
    data = json.dumps([{"RepoTags": list(tags)}]).encode()
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        info = tarfile.TarInfo("manifest.json")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def test_an_image_comes_from_the_internet():
    """It is listed by its full name, takes room on the disk, and goes with it."""

    def act(site):
        disk = site.host.files.disk(DATA if site.host.files.exists(DATA) else "/var/lib")
        before = disk.free_kb
        problem = site.images.pull("nginx:1.27")
        used = before - disk.free_kb
        return (
            problem,
            site.images.names(),
            used > 70_000,
            site.images.remove("nginx:1.27"),
            disk.free_kb - before > -99,
        )

    assert ("", ["docker.io/library/nginx:1.27"], True, True, True) == with_images(act)


def test_a_page_is_asked_for_as_pods_do():
    """The Internet answers while there is a way to it; a host of the site answers where something listens."""

    def act(site):
        inside = site.images.fetch("https://10.20.0.12:8443/index.yaml")
        near = site.images.fetch("https://charts.example.com/index.yaml")
        site.host.routes.clear()
        return near, site.images.fetch("https://charts.example.com/index.yaml"), inside

    refused = "dial tcp 10.20.0.12:8443: connect: connection refused"
    assert ("", "dial tcp: lookup charts.example.com: Try again", refused) == with_images(act)


def test_without_a_route_nothing_comes():
    """The registry's name does not resolve."""

    def act(site):
        site.host.routes = [route for route in site.host.routes if route.destination != "default"]
        return site.images.pull("nginx:1.27"), site.images.names()

    full = "docker.io/library/nginx:1.27"
    url = "https://registry-1.docker.io/v2/library/nginx/manifests/1.27"
    words = f'failed to do request: Head "{url}": dial tcp: lookup registry-1.docker.io: Try again'
    assert (HEAD.format("Unknown", full) + f'failed to resolve reference "{full}": {words}', []) == with_images(act)


def test_a_host_that_is_offline_gets_nothing():
    """The same host, with its uplink cut."""

    def act(site):
        site.host.online = False
        return "Try again" in site.images.pull("nginx")

    assert with_images(act)


def test_a_wrong_tag_is_not_found():
    """The registry says so."""
    full = "docker.io/library/nginx:nonsense"
    wanted = HEAD.format("NotFound", full) + f'failed to resolve reference "{full}": {full}: not found'
    assert wanted == with_images(lambda site: site.images.pull("nginx:nonsense"))


def test_a_registry_nobody_knows():
    """Its name leads nowhere."""
    words = with_images(lambda site: site.images.pull("registry.example/app:1"))
    assert words.endswith("dial tcp: lookup registry.example: no such host")


@pytest.mark.parametrize(("status", "problem"), [(200, ""), (404, "not found")])
def test_a_registry_of_the_site(status, problem):
    """A host of the site may serve images."""

    def act(site):
        site.host.listen("tcp", 5000, process="registry", pid=1, http=lambda _method, _path: (status, b""))
        return site.images.pull(f"{site.host.node_ip}:5000/app:1")

    found = with_images(act)
    assert (bool(problem), True) == (bool(found), found.endswith(problem))


def test_a_closed_registry_of_the_site():
    """Nobody listens there."""
    words = with_images(lambda site: site.images.pull(f"{site.host.node_ip}:5000/app:1"))
    assert words.endswith(":5000: connect: connection refused")


def test_a_full_disk_takes_no_image():
    """The words are the disk's."""

    def act(site):
        disk = site.host.files.disk("/var/lib")
        site.host.files.allocate("/var/lib/ballast", disk.free_kb * 1024 - 4096)
        return site.images.pull("nginx:1.27")

    assert with_images(act).endswith("No space left on device")


@pytest.mark.parametrize(
    ("name", "data", "some"),
    [
        ("k3s-airgap-images-amd64.tar.zst", b"whatever", "rancher/mirrored-pause:3.6"),
        ("mine.tar", tarball("example.com/app:1"), "example.com/app:1"),
        ("broken.tar", b"no archive", ""),
    ],
)
def test_archives_hold_images(name, data, some):
    """A release's archive is known by its name, any other by its manifest."""
    found = archived(name, data)
    assert (bool(some), some in found) == (bool(found), bool(some))


def test_images_are_imported_when_k3s_starts():
    """Without a way to a registry a cluster comes up from what was brought along, and says what it imported."""

    async def act(bench):
        bench.write("s1", f"{DATA}/agent/images/k3s-airgap-images-amd64.tar.zst", b"images")
        bench.configure("s1")
        await bench.install("s1", env="INSTALL_K3S_SKIP_START=true")
        bench.host("s1").online = False
        await bench.sh("s1", "systemctl start k3s")
        await bench.until(lambda: bench.ready("s1"))
        pods = bench.cluster.store
        await bench.until(lambda: all(ready(pod) for pod in pods.list("pods", "kube-system", "k8s-app=kube-dns")))
        return bench.journal("s1").count("Imported images from")

    assert 1 == on_bench(act, servers=1, agents=0)


def ready(pod):
    """Return whether a pod is ready."""
    return any(item["type"] == "Ready" and item["status"] == "True" for item in pod["status"].get("conditions", []))


def test_an_offline_host_without_images_says_so():
    """Its pods stay in ContainerCreating, and their events name the sandbox image."""

    async def act(bench):
        bench.configure("s1")
        await bench.install("s1", env="INSTALL_K3S_SKIP_START=true")
        bench.host("s1").online = False
        await bench.sh("s1", "systemctl start k3s")
        await bench.until(lambda: bench.ready("s1"))
        events = bench.cluster.store
        await bench.until(lambda: any(item["reason"] == "FailedCreatePodSandBox" for item in events.list("events")))
        return {pod["status"]["phase"] for pod in events.list("pods", "kube-system")}

    assert {"Pending"} == on_bench(act, servers=1, agents=0)


def test_crictl_and_ctr_show_and_change_images():
    """Listed, imported from a file, removed, pruned; what no archive is is refused."""

    async def act(bench):
        await bench.up("s1")
        dns = "k8s-app=kube-dns"
        await bench.until(lambda: any(ready(pod) for pod in bench.cluster.store.list("pods", "kube-system", dns)))
        bench.write("s1", "/root/mine.tar", tarball("example.com/app:1"))
        bench.write("s1", "/root/broken.tar", b"nothing")
        words = ("ctr images import /root/mine.tar", "ctr images ls -q", "ctr -n k8s.io images import /root/broken.tar",
                 "crictl rmi example.com/app:1", "crictl rmi --prune", "crictl images", "ctr i pull redis:7")  # fmt: skip
        return [await bench.sh("s1", line) for line in words]

    loaded, listed, broken, removed, pruned, left, pulled = on_bench(act, servers=1, agents=0)
    assert "unpacking example.com/app:1 (sha256:" in loaded.out
    assert {"example.com/app:1", "docker.io/rancher/mirrored-pause:3.6"} <= set(listed.out.split())
    assert (1, True) == (broken.code, "unrecognized image format" in broken.err)
    assert ("Deleted: example.com/app:1\n", 0) == (removed.out, pruned.code)
    assert "docker.io/rancher/mirrored-coredns-coredns" in left.out
    assert "docker.io/library/redis:7: resolved" in pulled.out


def test_crictl_shows_containers_and_their_logs():
    """What runs, what it printed, and its pod."""

    async def act(bench):
        await bench.up("s1")
        dns = "k8s-app=kube-dns"
        await bench.until(lambda: any(ready(pod) for pod in bench.cluster.store.list("pods", "kube-system", dns)))
        shown = (await bench.sh("s1", "crictl ps")).out
        (line,) = [line for line in shown.splitlines() if " coredns " in line]
        answers = [await bench.sh("s1", text) for text in (f"crictl logs {line.split()[0]}", "crictl pods", "ctr c ls")]
        return line, *answers, await bench.sh("s1", "crictl logs nope")

    line, logs, pods, containers, missing = on_bench(act, servers=1, agents=0)
    assert "Running" in line
    assert "CoreDNS-1.12.1" in logs.out
    assert "coredns-" in pods.out
    assert "docker.io/rancher/mirrored-coredns-coredns:1.12.1" in containers.out
    assert (1, True) == (missing.code, "not found" in missing.err)
