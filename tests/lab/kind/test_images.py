"""Images from a folder: what an archive holds, and where it goes."""

import io
import json
import tarfile

import pytest

from edgebook.errors import LabError
from edgebook.lab.docker import engine, image
from edgebook.lab.kind import images, program
from edgebook.lab.kind.images import Archive, archives
from tests.lab.kind.test_plan import made

NODE = "kindest/node:v1.31.9"


def packed(path, files, mode="w"):
    """Write an archive."""
    with tarfile.open(path, mode) as tar:
        for name, facts in files.items():
            data = json.dumps(facts).encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return path


def saved(path, *tags, mode="w"):
    """Write an archive as `docker save` does."""
    return packed(path, {"manifest.json": [{"Config": "x", "RepoTags": list(tags)}]}, mode)


def test_what_docker_save_writes_is_read(tmp_path):
    """Names lose the registry that Docker leaves out; compressed archives are read as well."""
    saved(tmp_path / "a.tar", f"docker.io/{NODE}")
    saved(tmp_path / "b.tar.gz", "one:1", "two:2", mode="w:gz")
    assert [{NODE}, {"one:1", "two:2"}] == [set(one.tags) for one in archives(tmp_path)]


def test_what_oci_tools_write_is_read(tmp_path):
    """containerd's name counts before the short one."""
    full, short = "io.containerd.image.name", "org.opencontainers.image.ref.name"
    index = {"manifests": [{"annotations": {short: "v1", full: "docker.io/mine/app:v1"}}, {"digest": "sha256:0"}]}
    assert {"mine/app:v1"} == archives(packed(tmp_path / "oci.tar", {"index.json": index}))[0].tags


def test_an_archive_packed_with_zstd_is_taken_unread(tmp_path):
    """The nodes read it: K3s's own archive in a bundle is such a one."""
    (tmp_path / "k3s-airgap-images-amd64.tar.zst").write_bytes(b"(\xb5/\xfd")
    assert [frozenset()] == [one.tags for one in archives(tmp_path)]


def test_other_files_of_a_bundle_are_passed_over(tmp_path):
    """Programs, manifests and archives of something else are no images."""
    saved(tmp_path / "mine.tar", "mine:1")
    packed(tmp_path / "kubeedge.tar.gz", {"kubeedge/edgecore": {}}, "w:gz")
    (tmp_path / "k3s").write_bytes(b"\x7fELF")
    assert ["mine.tar"] == [one.path.name for one in archives(tmp_path)]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda _: None, "there is no"),
        (lambda path: path.mkdir(), "holds no archive"),
        (lambda path: packed(path, {"manifest.json": {"schema": 1, "files": []}}), "holds no archive"),
        (lambda path: path.write_bytes(b"x" * 2000), "cannot be read"),
    ],
    ids=["absent", "empty", "a bundle's own tar", "damaged"],
)
def test_what_holds_no_images_is_refused(tmp_path, make, words):
    """The error says what is wrong before anything is made."""
    make(tmp_path / "b.tar")
    with pytest.raises(LabError, match=words):
        archives(tmp_path / "b.tar")


@pytest.mark.parametrize("balancer", ["kindest/haproxy:v20230606-42a2262b", "envoyproxy/envoy:v1.36.2"])
def test_node_and_balancer_are_for_docker(tmp_path, balancer):
    """All else is for the nodes."""
    both = Archive(tmp_path / "a.tar", frozenset({NODE, balancer, "mine:1"}))
    assert {NODE, balancer} == both.for_docker(f"docker.io/{NODE}")


def test_docker_is_given_what_it_lacks_and_nothing_else(tmp_path, monkeypatch):
    """An image that is there is not loaded again."""
    loaded = []
    monkeypatch.setattr(image, "there", lambda tag: tag == "kindest/haproxy:v1")
    monkeypatch.setattr(engine, "call", lambda *words, **_: loaded.append(words[-1]))
    paths = [tmp_path / name for name in ("node.tar", "balancer.tar", "mine.tar")]
    tags = [{NODE}, {"kindest/haproxy:v1"}, {"mine:1"}]
    found = [Archive(path, frozenset(names)) for path, names in zip(paths, tags, strict=True)]
    images.to_docker(found, NODE, lambda _: None)
    assert [str(paths[0])] == loaded


def test_nodes_are_given_all_but_what_they_are_made_of(tmp_path, monkeypatch):
    """Each archive is one `kind load image-archive`, said aloud."""
    asked, said = [], []
    monkeypatch.setattr(program, "run", lambda *words, **_: asked.append(words))
    tags = {"node.tar": {NODE}, "mine.tar": {"mine:1"}, "k3s.tar.zst": set()}
    found = [Archive(tmp_path / name, frozenset(names)) for name, names in tags.items()]
    images.to_nodes(found, made(), tmp_path / "kubeconfig", said.append)
    wanted = [
        ("load", "image-archive", str(tmp_path / name), "--name", "eb012345") for name in ("mine.tar", "k3s.tar.zst")
    ]
    assert (wanted, 2) == (asked, len(said))
