"""The names of images, as containerd writes them out, and the registries they come from.

Not what is in an image; known ones are in `catalogue`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

DOCKER = "docker.io"
API_HOSTS = {DOCKER: "registry-1.docker.io"}
"""Registries that are asked under another name than the one in their images' names."""
PUBLIC = frozenset(
    {"docker.io", "registry.k8s.io", "quay.io", "ghcr.io", "gcr.io", "mcr.microsoft.com", "public.ecr.aws",
     "registry.gitlab.com", "nvcr.io", "registry.suse.com", "registry.rancher.com", "k8s.gcr.io"}
)  # fmt: skip
"""The registries the practice Internet has."""
VALID = re.compile(
    r"^(?:[a-zA-Z0-9](?:[-.a-zA-Z0-9]*[a-zA-Z0-9])?(?::\d+)?/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
    r"(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@[a-z0-9]+:[a-f0-9]{32,})?$"
)


@dataclass(frozen=True)
class Reference:
    """An image's full name: registry, repository, and tag or digest."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        """Write it as `ctr images ls` does."""
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.name}{tag}{'@' + self.digest if self.digest else ''}"

    @property
    def name(self) -> str:
        """Registry and repository."""
        return f"{self.registry}/{self.repository}"

    @property
    def api_host(self) -> str:
        """The host and port that serve the registry."""
        return API_HOSTS.get(self.registry, self.registry)

    @property
    def manifest_url(self) -> str:
        """Where the manifest is asked for."""
        return f"https://{self.api_host}/v2/{self.repository}/manifests/{self.digest or self.tag}"


def is_valid(image: str) -> bool:
    """Whether a text can name an image."""
    return VALID.match(image) is not None


def parse(image: str) -> Reference:
    """Read an image's name; what is left out is Docker Hub, its library, and `latest`."""
    rest, _, digest = image.partition("@")
    head, slash, tail = rest.partition("/")
    if slash and ("." in head or ":" in head or head == "localhost"):
        registry, path = head, tail
    else:
        registry, path = DOCKER, rest
    repository, _, tag = path.partition(":")
    if registry == DOCKER and "/" not in repository:
        repository = f"library/{repository}"
    return Reference(registry, repository, tag or ("" if digest else "latest"), digest)
