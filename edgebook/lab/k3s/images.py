"""The images in a host's containerd: which are there, how they get there, why one does not.

Not their content. The list is a file below the data folder, so that it goes when the folder goes.
"""

from __future__ import annotations

import errno
import gzip
import io
import json
import posixpath
import socket
import tarfile
import zlib
from urllib.parse import urlsplit

from edgebook.lab.hosts.model import Host
from edgebook.lab.k3s.packaged import COMPONENTS
from edgebook.lab.k3s.reach import DIAL
from edgebook.lab.kube.kubelet import catalogue
from edgebook.lab.kube.kubelet.machine import SANDBOX_IMAGE
from edgebook.lab.kube.kubelet.pulling import size_bytes
from edgebook.lab.kube.kubelet.references import PUBLIC, Reference, parse
from edgebook.lab.network import INTERNET_IP

DATABASE = "containerd/io.containerd.metadata.v1.bolt/meta.db"
CONTENT = "containerd/io.containerd.content.v1.content/blobs"
AIRGAP = "k3s-airgap-images-"
ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.lz4", ".tar.bz2")
HTTPS = 443
FIRST_BAD_STATUS = 400
PACKAGED = (SANDBOX_IMAGE, "rancher/mirrored-library-busybox:1.36.1", *(item.image for item in COMPONENTS))
"""What a release's airgap archive holds."""


class Images:
    """One host's images, by their full names."""

    def __init__(self, host: Host, data_dir: str) -> None:
        self._host, self._agent = host, f"{data_dir}/agent"

    def names(self) -> list[str]:
        """List the images."""
        path = f"{self._agent}/{DATABASE}"
        if not self._host.files.is_file(path):
            return []
        return sorted(json.loads(self._host.files.text(path) or "[]"))

    def has(self, image: str) -> bool:
        """Whether an image is there."""
        return str(parse(image)) in self.names()

    def add(self, *images: str) -> None:
        """Note that images are there now; raises OSError on a full disk."""
        wanted = {str(parse(image)) for image in images}
        known = set(self.names())
        for name in sorted(wanted - known):
            self._host.files.mkdir(f"{self._agent}/{CONTENT}", parents=True)
            self._host.files.allocate(self._blob(name), size_bytes(name))
        if wanted - known:
            self._write(known | wanted)

    def remove(self, image: str) -> bool:
        """Take an image away; say whether it was there."""
        name, known = str(parse(image)), set(self.names())
        if name not in known:
            return False
        if self._host.files.exists(self._blob(name)):
            self._host.files.remove(self._blob(name))
        self._write(known - {name})
        return True

    def _blob(self, name: str) -> str:
        return f"{self._agent}/{CONTENT}/{name.replace('/', '_').replace(':', '_')}"

    def _write(self, names: set[str]) -> None:
        path = f"{self._agent}/{DATABASE}"
        self._host.files.write(path, json.dumps(sorted(names)), 0o600, parents=True)

    def load_folder(self) -> list[str]:
        """Import what lies in the agent's folder of images, as K3s does when it starts; return the files."""
        folder = f"{self._agent}/images"
        if not self._host.files.is_folder(folder):
            return []
        found = [f"{folder}/{name}" for name in self._host.files.listdir(folder) if name.endswith(ARCHIVES)]
        for path in found:
            self.add(*archived(posixpath.basename(path), self._host.files.read(path)))
        return found

    def pull(self, image: str) -> str:
        """Get an image from its registry; return what went wrong in containerd's words, empty when it is there."""
        reference = parse(image)
        problem = self._fetch_problem(reference)
        if problem is None:
            try:
                self.add(image)
            except OSError as exc:
                return self._unpacked(reference, f"failed to copy: write {self._agent}/{CONTENT}: {exc.strerror}")
            return ""
        code, words = problem
        return self._unpacked(reference, f'failed to resolve reference "{reference}": {words}', code)

    def _unpacked(self, reference: Reference, words: str, code: str = "Unknown") -> str:
        return f'rpc error: code = {code} desc = failed to pull and unpack image "{reference}": {words}'

    def _fetch_problem(self, reference: Reference) -> tuple[str, str] | None:
        """Return code and words of what keeps the manifest from coming."""
        missing = ("NotFound", f"{reference}: not found")
        if reference.registry in PUBLIC:
            if not self._host.world.network.has_internet(self._host):
                return "Unknown", self._request(reference, self._lookup(reference.api_host, "Try again"))
            return None if catalogue.is_published(str(reference)) else missing
        problem, status = self._ask(reference)
        if problem:
            return "Unknown", self._request(reference, problem)
        return missing if status >= FIRST_BAD_STATUS else None

    def _request(self, reference: Reference, words: str) -> str:
        return f'failed to do request: Head "{reference.manifest_url}": {words}'

    def _lookup(self, name: str, words: str) -> str:
        return f"dial tcp: lookup {name}: {words}"

    def _ask(self, reference: Reference) -> tuple[str, int]:
        """Ask a registry of the site's own for a manifest: what went wrong, and the status."""
        name, _, port = reference.registry.partition(":")
        try:
            address = self._host.world.network.resolve(self._host, name)
        except socket.gaierror:
            return self._lookup(name, "no such host"), 0
        path = reference.manifest_url.removeprefix(f"https://{reference.api_host}")
        return self._head(address, int(port or HTTPS), path)

    def fetch(self, url: str) -> str:
        """Ask a web server as the host's pods do; return what went wrong in Go's words, empty when it answers."""
        parts, network = urlsplit(url), self._host.world.network
        name = parts.hostname or ""
        try:
            address = network.resolve(self._host, name)
        except socket.gaierror:
            address = ""
        if address in ("", INTERNET_IP):
            return "" if network.has_internet(self._host) else self._lookup(name, "Try again")
        problem, status = self._head(address, parts.port or HTTPS, parts.path)
        return problem or ("" if status < FIRST_BAD_STATUS else f"the server answered {status}")

    def _head(self, address: str, number: int, path: str) -> tuple[str, int]:
        """Ask a server of the site's own: what went wrong, and the status."""
        try:
            return "", self._host.world.network.request(self._host, address, number, path, method="HEAD")[0]
        except OSError as exc:
            if exc.errno == errno.ECONNRESET:
                return "http: server gave HTTP response to HTTPS client", 0
            return f"dial tcp {address}:{number}: {DIAL.get(exc.errno or 0, exc.strerror)}", 0


def archived(name: str, data: bytes) -> list[str]:
    """Return the images an archive holds: a release's by its name, any other's by its manifest."""
    if name.startswith(AIRGAP):
        return list(PACKAGED)
    try:
        plain = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
            manifest = archive.extractfile("manifest.json")
            entries = json.loads(manifest.read()) if manifest else []
    except (tarfile.TarError, KeyError, ValueError, OSError, EOFError, zlib.error):
        return []
    return [str(tag) for entry in entries for tag in entry.get("RepoTags") or ()]
