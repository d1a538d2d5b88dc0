"""What the bundle's tests share: upstream's server, a site as people write it, and a release's files."""

import itertools
import shutil
import socket
import subprocess

import pytest

from edgebook.bundle import Recipe, create
from edgebook.site import load
from tests.bundle import releases
from tests.bundle.releases import lay
from tests.bundle.upstream import serving


@pytest.fixture
def upstream():
    """A server of release files on loopback."""
    with serving() as upstream:
        yield upstream


@pytest.fixture
def free_port():
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture
def make_site(tmp_path):
    """Return a function that loads a site of so many hosts, with more YAML where wanted."""

    def make(*, servers=1, agents=1, edges=0, arches=(), more="", version="v1.31.9+k3s1"):
        names = [f"s{n}" for n in range(1, servers + 1)] + [f"a{n}" for n in range(1, agents + 1)]
        names += [f"e{n}" for n in range(1, edges + 1)]
        roles = {"s": "server", "a": "agent", "e": "edge"}
        hosts = [
            f"  - {{name: {name}, role: {roles[name[0]]}, address: 10.20.0.{at}{f', arch: {arch}' if arch else ''}}}"
            for at, (name, arch) in enumerate(itertools.zip_longest(names, arches, fillvalue=""), start=11)
        ]
        text = f"""\
schema: 1
name: factory-7
ssh: {{user: edge, key: id_ed25519}}
hosts:
{chr(10).join(hosts)}
k3s:
  version: {version}
  registration: {{address: 10.20.0.11, by: {"server" if servers == 1 else "external"}}}
{more}
"""
        folder = tmp_path / "site"
        folder.mkdir(exist_ok=True)
        (folder / "site.yaml").write_text(text)
        return load(folder)

    return make


@pytest.fixture
def make_bundle(make_site, tmp_path):
    """Return a function that makes a bundle of a release's files, and gives its folder."""

    def make(*arches, site=None, name="bundle", **files):
        source = lay(tmp_path / f"{name}-files", {**releases.k3s(*arches), **files})
        out = tmp_path / name
        create(site or make_site(), Recipe(out, source=source, arches=arches or ("x86_64",)))
        return out

    return make


@pytest.fixture
def key(tmp_path):
    """An SSH key, and beside it who may sign: engineer@factory, with this key."""
    path = tmp_path / "signing-key"
    if not shutil.which("ssh-keygen"):
        pytest.skip("ssh-keygen is not here (apt-get install openssh-client)")
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(path)]
    subprocess.run(command, check=True)
    public = path.with_suffix(".pub").read_text()
    (tmp_path / "signers").write_text(f"engineer@factory {public}")
    return path
