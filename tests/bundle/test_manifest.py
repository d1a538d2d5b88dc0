"""The manifest: written the same way each time, and read with every mistake named and none fatal."""

import dataclasses
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgebook.bundle import manifest
from edgebook.bundle.manifest import File, Manifest
from edgebook.errors import BundleInvalid

GOOD = File("kubeedge/keadm.tar.gz", "keadm", "aarch64", "v1.22.1", 12, "a" * 64, "https://example.com/keadm")
NAMES = st.from_regex(r"[a-z][a-z0-9.-]{0,20}(/[a-z][a-z0-9.-]{0,20})?", fullmatch=True).filter(
    lambda name: name not in (manifest.FILE, manifest.SIGNATURE) and "/." not in name and not name.endswith(".")
)
FILES = st.builds(
    File,
    name=NAMES,
    kind=st.sampled_from(manifest.KINDS),
    arch=st.sampled_from(manifest.ARCHES),
    version=st.text("v1234567890.+k", max_size=20),
    size=st.integers(0, 2**60),
    sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
    url=st.text("htps:/.azAZ09%-", max_size=60),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def text_of(*changes, **more):
    """Return a manifest's bytes, one file for each set of changed keys."""
    files = [{**dataclasses.asdict(GOOD), **change} for change in changes or [{}]]
    return json.dumps({"schema": 1, "files": files, **more}).encode()


def mistakes(data):
    """Return what reading complains of."""
    with pytest.raises(BundleInvalid) as caught:
        manifest.read(data)
    return [f"{problem.where}: {problem.wrong}" for problem in caught.value.problems]


@settings(deadline=None, max_examples=60)
@given(st.lists(FILES, max_size=6, unique_by=lambda file: file.name))
def test_what_is_written_is_read_again(files):
    """Reading gives back every file, in the order of their names."""
    read = manifest.read(Manifest(tuple(files)).text().encode())
    assert tuple(sorted(files, key=lambda file: file.name)) == read.files


@settings(deadline=None, max_examples=60)
@given(st.lists(FILES, max_size=6, unique_by=lambda file: file.name).flatmap(st.permutations))
def test_the_same_files_give_the_same_text(files):
    """Whatever order they came in, the signed bytes are equal."""
    ordered = Manifest(tuple(sorted(files, key=lambda file: file.name)))
    assert ordered.text() == Manifest(tuple(files)).text()


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data):
    """Bytes that are no manifest end in one error of ours, never in another."""
    with pytest.raises(BundleInvalid):
        manifest.read(data)


@settings(deadline=None, max_examples=60)
@given(JSON)
def test_any_json_is_read_or_refused(value):
    """Nor does any other JSON."""
    with pytest.raises(BundleInvalid) as caught:
        manifest.read(json.dumps(value).encode())
    assert str(caught.value).encode()


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from([field.name for field in dataclasses.fields(File)]) | st.text(max_size=8), JSON, max_size=9
    )
)
def test_any_file_entry_is_read_or_refused(entry):
    """Whatever stands in an entry, it is either right or named, and can be printed."""
    said, files = "", ()
    try:
        files = manifest.read(json.dumps({"schema": 1, "files": [entry]}).encode()).files
    except BundleInvalid as error:
        said = str(error)
    assert said.encode() or [entry] == [dataclasses.asdict(file) for file in files]


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "/etc/passwd",
        "../k3s",
        "a/../../k3s",
        "a//b",
        "a/",
        "./k3s",
        "a\\b",
        "k3s\n",
        "k3s\0",
        "-rf",
        "k\ud800s",
        "a" * 201,
        manifest.FILE,
        manifest.SIGNATURE,
    ],
)
def test_a_name_stays_inside_the_bundle(name):
    """A name becomes a path here and on hosts: none leads elsewhere, or hides what it is."""
    assert any("name is" in said for said in mistakes(text_of({"name": name})))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sha256": "A" * 64}, "sha256 is not 64 hexadecimal digits"),
        ({"size": -1}, "size is less than nothing"),
        ({"size": True}, "size is not a whole number"),
        ({"size": 1.5}, "size is not a whole number"),
        ({"kind": "virus"}, "kind is none of program"),
        ({"arch": "amd64"}, "arch is none of x86_64, aarch64, armv7l"),
        ({"version": None}, "version is not text"),
        ({"url": "a\x1b[2J"}, "url holds characters that cannot be shown"),
        ({"mode": 1}, "has keys that are not known here: 'mode'"),
    ],
)
def test_a_wrong_value_is_named_with_its_file(change, said):
    """Each key has its own kind of value."""
    assert [one for one in mistakes(text_of(change)) if one.startswith(f"files[{GOOD.name}]: {said}")]


def test_all_mistakes_are_named_at_once():
    """Three wrong files are three lines."""
    found = mistakes(text_of({"size": -1, "name": "a"}, {"sha256": "", "name": "b"}, {"name": "b"}, schema=2, more=1))
    assert 5 == len(found)
    assert "files[b]: is listed twice" in found


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is not JSON"),
        (b"\xff", "not UTF-8"),
        (b'{"schema": 1, "schema": 1, "files": []}', "a key is given twice"),
        (b'{"schema": NaN, "files": []}', "NaN is no JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"schema": 1, "files": [' + b"1" * 5000 + b"]}", "is not JSON"),
        (b"[]", "is not a block with `files`"),
        (b'{"schema": true, "files": []}', "is not 1"),
    ],
)
def test_what_is_no_manifest_is_told_as_such(data, said):
    """Each way of not being one has its words."""
    assert said in mistakes(data)[0]


def test_a_manifest_of_many_megabytes_is_not_read():
    """What a manifest cannot be is refused by its size."""
    assert ["manifest: is larger than 4000000 bytes"] == mistakes(b" " * (manifest.MOST_BYTES + 1))


def test_files_are_chosen_by_kind_and_processor():
    """Those for any processor come with those for one."""
    own, other, any_ = (
        dataclasses.replace(GOOD, name=name, arch=arch) for name, arch in (("a", "aarch64"), ("b", "x86_64"), ("c", ""))
    )
    assert (own, any_) == Manifest((own, other, any_)).of("keadm", arch="aarch64")
    assert () == Manifest((own, other, any_)).of("program")
