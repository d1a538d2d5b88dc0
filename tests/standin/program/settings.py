"""The configuration of one K3s process: config.yaml, its drop-ins, the command line.

Not YAML at large: scalars and lists of scalars, which is what K3s's options are.
"""

import socket
from pathlib import Path

CONFIG = Path("/etc/rancher/k3s/config.yaml")
DATA_DIR = "/var/lib/rancher/k3s"
DEFAULTS = {"cluster-cidr": "10.42.0.0/16", "service-cidr": "10.43.0.0/16", "flannel-backend": "vxlan"}
SWITCHES = ("secrets-encryption", "embedded-registry", "disable-network-policy", "disable-helm-controller")
"""With `DEFAULTS`, what must be equal on every server (K3s: cli/server, "Critical Configuration Values")."""


class Settings:
    """The options of one process, as text."""

    def __init__(self, values):
        self.values = values

    def text(self, key, default=""):
        """Return an option's one value."""
        return (self.words(key) or [default])[0]

    def words(self, key):
        """Return all values of an option."""
        return self.values.get(key, [])

    def on(self, key):
        """Tell whether a switch is set."""
        return self.text(key) == "true"

    @property
    def data_dir(self):
        """The folder of K3s's data."""
        return Path(self.text("data-dir", DATA_DIR))

    @property
    def server_dir(self):
        """The folder of a server's data."""
        return self.data_dir / "server"

    @property
    def node_name(self):
        """The name to join under."""
        return self.text("node-name", socket.gethostname().lower())

    @property
    def node_ip(self):
        """The address to join with: the configured one, or that of the default route; nothing where there is none."""
        if self.text("node-ip"):
            return self.text("node-ip")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(("192.0.2.1", 9))  # sends nothing: a datagram socket only looks up the route
            except OSError:
                return ""
            return probe.getsockname()[0]

    @property
    def critical(self):
        """The options that must be equal on every server."""
        scalars = {key: self.text(key, default) for key, default in DEFAULTS.items()}
        return scalars | {key: str(self.on(key)).lower() for key in SWITCHES}

    def token(self, key="token"):
        """Return a configured token, from the option or the file it names."""
        name = self.text(f"{key}-file")
        return Path(name).read_text(encoding="utf-8").strip() if name else self.text(key)


def load(arguments):
    """Read the configuration file, then its drop-ins in order, then the command line; a later value replaces."""
    values = parse(CONFIG.read_text(encoding="utf-8")) if CONFIG.is_file() else {}
    for drop_in in sorted(CONFIG.with_name("config.yaml.d").glob("*.yaml")):
        for key, given in parse(drop_in.read_text(encoding="utf-8")).items():
            name = key.rstrip("+")
            values[name] = [*values.get(name, []), *given] if key.endswith("+") else given
    return Settings(values | flags(arguments))


def parse(text):
    """Read `key: value` and `key:` with `- value` lines under it; every value becomes a list of texts."""
    values, key = {}, ""
    for line in text.splitlines():
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        if bare.startswith("- "):
            values[key].append(_scalar(bare[2:]))
            continue
        key, _, rest = bare.partition(":")
        rest = rest.strip()
        inline = rest.startswith("[") and rest.endswith("]")
        values[key] = [_scalar(one) for one in (rest[1:-1].split(",") if inline else [rest]) if one.strip()]
    return values


def flags(arguments):
    """Read `--key=value`, `--key value` and `--switch`."""
    values = {}
    words = list(arguments)
    while words:
        key, equals, value = words.pop(0).removeprefix("--").partition("=")
        if not equals:
            value = words.pop(0) if words and not words[0].startswith("--") else "true"
        values.setdefault(key, []).append(value)
    return values


def _scalar(text):
    text = text.strip()
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted else text
