"""The wheels: what edgebook needs, fetched by pip from whatever index it is told of."""

import hashlib
import zipfile

import pytest

from edgebook.bundle import wheels
from edgebook.errors import DownloadFailed


def wheel(folder, name="tiny", version="1.2", tag="py3-none-any"):
    """Write a wheel that pip takes."""
    path = folder / f"{name}-{version}-{tag}.whl"
    about = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", "")
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{about}/WHEEL", f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n")
        archive.writestr(f"{about}/RECORD", "")
    return path


@pytest.fixture
def index(upstream, tmp_path, monkeypatch):
    """A package index with one package, which pip is told of as a person would tell it."""
    path = wheel(tmp_path)
    upstream.files["/simple/tiny/"] = f'<!DOCTYPE html><a href="/files/{path.name}">{path.name}</a>'.encode()
    upstream.files[f"/files/{path.name}"] = path.read_bytes()
    upstream.tags = "none"
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", f"{upstream.url}/simple")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_RETRIES", "0")
    return upstream


def test_wheels_come_from_pips_own_index(index, tmp_path):
    """Each is listed with version and sum."""
    (file,) = wheels.download(tmp_path / "bundle", ["tiny>=1"])
    data = (tmp_path / "bundle" / file.name).read_bytes()
    assert ("wheels/tiny-1.2-py3-none-any.whl", "wheel", "", "1.2") == (file.name, file.kind, file.arch, file.version)
    assert (hashlib.sha256(data).hexdigest(), len(data)) == (file.sha256, file.size)


def test_wheels_of_an_earlier_run_go(index, tmp_path):
    """No version stays that nothing asks for."""
    (tmp_path / "bundle" / "wheels").mkdir(parents=True)
    wheel(tmp_path / "bundle" / "wheels", version="1.0")
    assert ["wheels/tiny-1.2-py3-none-any.whl"] == [
        file.name for file in wheels.download(tmp_path / "bundle", ["tiny"])
    ]


def test_what_pip_cannot_find_is_named(index, tmp_path):
    """With the end of what pip said."""
    with pytest.raises(DownloadFailed, match=r"(?s)pip could not fetch the wheels: .*nothing-like-it"):
        wheels.download(tmp_path / "bundle", ["nothing-like-it"])


def test_edgebooks_own_requirements_are_asked_for():
    """What the package needs to run, and nothing of what its developers need."""
    asked = " ".join(wheels.requirements())
    assert "paramiko" in asked
    assert "pytest" not in asked


@pytest.mark.parametrize(
    ("tag", "arch"),
    [("manylinux_2_17_aarch64.manylinux2014_aarch64", "aarch64"), ("manylinux2014_x86_64", "x86_64"), ("any", "")],
)
def test_a_wheel_for_one_processor_says_so(tag, arch):
    """The platform tag tells."""
    assert arch == wheels.arch_of(tag)
