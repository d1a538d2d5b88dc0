"""What known images do, as data: what they print, where they listen, when they are ready, how they end.

Not their programs. An image that is not here runs, listens wherever it is asked, and prints nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from edgebook.lab.kube.kubelet.references import parse

FOREVER_S = float("inf")
DEFAULT_MB = 24


@dataclass(frozen=True)
class Image:
    """One image. `name` is a pattern of its full name without tag, `tags` one of the tags that are published.

    `listens` are its ports, None for any; `paths` what it answers with 200, empty for any, other paths are 404.
    `ready_s` is how long it takes to listen. It ends after `runs_s` with `code`; `stops_s` after SIGTERM.
    `needs` are variables of which it wants one, and `missing` what it prints, and ends with 1, without.
    `fetches` are variables that may hold a URL it asks first, each with what it prints, and ends with 1, in vain.
    `entry` says that arguments go to its own program, and do not take that one's place.
    """

    name: str
    tags: str = r".*"
    listens: tuple[int, ...] | None = None
    paths: tuple[str, ...] = ()
    ready_s: float = 0.5
    runs_s: float = FOREVER_S
    code: int = 0
    stops_s: float = 0.3
    lines: tuple[str, ...] = ()
    every_s: float = 0.0
    beat: str = ""
    needs: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    fetches: tuple[tuple[str, str], ...] = ()
    entry: bool = False
    size_mb: int = DEFAULT_MB


NUMBERS = r"(\d+(\.\d+){0,2}|latest|stable|edge|mainline)(-[a-z0-9.]+)*|alpine|slim|perl"
SHELLS = ("busybox", "alpine", "debian", "ubuntu", "bash")
"""Images whose own program ends at once when nobody is there to type."""
NGINX = (
    "/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration",
    "/docker-entrypoint.sh: Looking for shell scripts in /docker-entrypoint.d/",
    "/docker-entrypoint.sh: Configuration complete; ready for start up",
    '[notice] 1#1: using the "epoll" event method',
    "[notice] 1#1: start worker processes",
)  # fmt: skip
HELLO = ("Hello from Docker!", "This message shows that your installation appears to be working correctly.")
POSTGRES = (
    "PostgreSQL init process complete; ready for start up.",
    "LOG:  database system is ready to accept connections",
)
NO_PASSWORD = (
    "Error: Database is uninitialized and superuser password is not specified.",
    "       You must specify POSTGRES_PASSWORD to a non-empty value for the",
    '       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".',
)
NO_ROOT = (
    "[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified",
    "    You need to specify one of the following as an environment variable:",
)
NO_REPOSITORY = (
    'Error: looks like "{url}" is not a valid chart repository or cannot be reached: Get "{url}/index.yaml": {why}'
)
CHART = (("REPO", NO_REPOSITORY), ("CHART", 'Error: INSTALLATION FAILED: Get "{url}": {why}'))
"""Helm's words; of a chart that the server itself hands out, K3s's own address stands in the URL as a mark."""
OWN_SERVER = "%{KUBERNETES_API}%"
MYSQL_NEEDS = ("MYSQL_ROOT_PASSWORD", "MYSQL_ALLOW_EMPTY_PASSWORD", "MYSQL_RANDOM_ROOT_PASSWORD")
IMAGES = (
    *(Image(rf"docker\.io/library/{name}", NUMBERS + r"|bookworm.*|bullseye.*|jammy|noble|uclibc|musl|glibc",
            runs_s=0.0, size_mb=4) for name in SHELLS),
    Image(r"docker\.io/library/hello-world", runs_s=0.0, lines=HELLO, size_mb=1),
    Image(r"docker\.io/library/nginx", NUMBERS, (80,), ("/", "/index.html"), lines=NGINX, size_mb=72),
    Image(r"docker\.io/library/httpd", NUMBERS, (80,), ("/", "/index.html"), size_mb=58,
          lines=("AH00094: Command line: 'httpd -D FOREGROUND'",)),
    Image(r"docker\.io/library/redis", NUMBERS, (6379,), size_mb=45, lines=("* Ready to accept connections tcp",)),
    Image(r"docker\.io/library/postgres", NUMBERS, (5432,), ready_s=3.0, lines=POSTGRES, size_mb=160,
          needs=("POSTGRES_PASSWORD", "POSTGRES_HOST_AUTH_METHOD"), missing=NO_PASSWORD),
    Image(r"docker\.io/library/(mysql|mariadb)", NUMBERS + "|lts", (3306,), ready_s=5.0, size_mb=170,
          lines=("mysqld: ready for connections.",), needs=MYSQL_NEEDS, missing=NO_ROOT),
    Image(r"docker\.io/library/eclipse-mosquitto", NUMBERS + "|openssl", (1883,), size_mb=6,
          lines=("mosquitto version 2.0.20 starting", "Opening ipv4 listen socket on port 1883.")),
    Image(r"docker\.io/library/(python|node)", runs_s=0.0, size_mb=350),
    Image(r"docker\.io/traefik/whoami", listens=(80,), lines=("Starting up on port 80",), size_mb=3),
    Image(r"docker\.io/stefanprodan/podinfo|ghcr\.io/stefanprodan/podinfo", listens=(9898, 9797, 9999),
          paths=("/", "/healthz", "/readyz", "/version"), lines=('{"level":"info","msg":"Starting HTTP Server."}',)),
    Image(r"docker\.io/prom/prometheus|quay\.io/prometheus/prometheus", listens=(9090,), ready_s=2.0, size_mb=110,
          paths=("/-/healthy", "/-/ready", "/", "/metrics"), lines=('level=INFO msg="Server is ready"',)),
    Image(r"docker\.io/grafana/grafana", listens=(3000,), ready_s=3.0, size_mb=120, paths=("/api/health", "/login")),
    Image(r"registry\.k8s\.io/pause|docker\.io/rancher/mirrored-pause", r"\d\.\d+(\.\d)?", listens=(), size_mb=1),
    Image(r"registry\.k8s\.io/e2e-test-images/agnhost", r"\d\.\d+", size_mb=53,
          lines=("Serving on port 8080.",), paths=("/", "/hostname", "/healthz"), listens=(8080,)),
    Image(r"docker\.io/rancher/klipper-helm", runs_s=4.0, size_mb=95, entry=True, fetches=CHART,
          lines=("Already using helm_v3", "STATUS: deployed", "Installed successfully")),
    Image(r"docker\.io/rancher/mirrored-coredns-coredns", ready_s=1.0, size_mb=20,
          lines=(".:53", "[INFO] plugin/reload: Running configuration", "CoreDNS-1.12.1")),
    Image(r"docker\.io/rancher/mirrored-metrics-server", ready_s=8.0, size_mb=20,
          lines=("Serving securely on [::]:10250",)),
    Image(r"docker\.io/rancher/mirrored-library-traefik", ready_s=4.0, size_mb=50,
          lines=('level=info msg="Configuration loaded from flags."',)),
    Image(r"docker\.io/rancher/local-path-provisioner", size_mb=18, lines=('level=debug msg="Provisioner started"',)),
    Image(r"docker\.io/rancher/klipper-lb", size_mb=4, stops_s=0.1, lines=("+ trap exit TERM INT",)),
)  # fmt: skip
UNKNOWN = Image("")


def find(image: str) -> Image:
    """Return what is known of an image."""
    name = parse(image).name
    return next((item for item in IMAGES if re.fullmatch(item.name, name)), UNKNOWN)


def is_published(image: str) -> bool:
    """Whether a registry has an image of this tag; of unknown images it has every tag."""
    found = find(image)
    return found is UNKNOWN or parse(image).tag == "" or re.fullmatch(found.tags, parse(image).tag) is not None
