"""Images from a folder: what an archive holds, and where it goes."""

import gzip
import io
import json
import os
import tarfile
from pathlib import Path

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


@pytest.fixture
def zstd(tmp_path, monkeypatch):
    """Put a program first on the PATH that unpacks nothing: it says its last word."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "zstd").write_text(
        '#!/bin/sh\nfor last; do :; done\n[ -s "$last" ] || { echo broken >&2; exit 1; }\necho unpacked\n'
    )
    (folder / "zstd").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_an_archive_packed_with_zstd_is_taken_unread(zstd, tmp_path):
    """It is for the nodes: K3s's own archive in a bundle is such a one."""
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


@pytest.fixture
def loaded(monkeypatch):
    """Keep what kind would be given to load: the words before and after the archive, and what is in it."""
    kept = []

    def load(*words, **_):
        kept.append((words[:2], Path(words[2]).read_bytes(), words[3:]))

    monkeypatch.setattr(program, "run", load)
    return kept


def test_nodes_are_given_all_but_what_they_are_made_of(zstd, loaded, tmp_path):
    """Each archive is one `kind load image-archive`, said aloud, and a plain tar by then; nothing stays of it."""
    (tmp_path / "mine.tar").write_bytes(b"mine")
    (tmp_path / "more.tar.gz").write_bytes(gzip.compress(b"more"))
    (tmp_path / "k3s.tar.zst").write_bytes(b"x")
    (tmp_path / "lab").mkdir()
    tags = {"node.tar": {NODE}, "mine.tar": {"mine:1"}, "more.tar.gz": {"more:1"}, "k3s.tar.zst": set()}
    found = [Archive(tmp_path / name, frozenset(names)) for name, names in tags.items()]
    said = []
    images.to_nodes(found, made(), tmp_path / "lab" / "kubeconfig", said.append)
    assert [b"mine", b"more", b"unpacked\n"] == [data for _, data, _ in loaded]
    assert {(("load", "image-archive"), ("--name", "eb012345"))} == {(before, after) for before, _, after in loaded}
    assert (3, []) == (len(said), list((tmp_path / "lab").iterdir()))


def test_a_damaged_archive_is_named(zstd, loaded, tmp_path):
    """With what the unpacking program said."""
    (tmp_path / "k3s.tar.zst").touch()
    with pytest.raises(LabError, match=r"k3s\.tar\.zst cannot be unpacked: broken"):
        images.to_nodes([Archive(tmp_path / "k3s.tar.zst")], made(), tmp_path / "kubeconfig", lambda _: None)


def test_without_zstd_the_remedy_is_named_before_anything_is_made(tmp_path, monkeypatch):
    """A bundle with K3s's own images needs the program."""
    (tmp_path / "k3s.tar.zst").touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError, match="no zstd program") as caught:
        archives(tmp_path)
    assert "install zstd" == caught.value.hint
