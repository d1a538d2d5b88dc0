"""The commands `bundle …`: exit codes, what is said, and to which stream."""

import json
import os
import shutil

import pytest
import yaml

from edgebook import lab
from edgebook.bundle import download
from edgebook.cli import main
from edgebook.cli.parser import make_parser
from tests.bundle import releases
from tests.bundle.releases import lay
from tests.bundle.upstream import serving


@pytest.fixture
def upstream(monkeypatch):
    """Upstream's server, asked again without a pause."""
    monkeypatch.setattr(download, "LONGEST_PAUSE_S", 0.0)
    with serving() as upstream:
        releases.publish(upstream)
        yield upstream


@pytest.fixture
def run(capsys):
    """Return a function that runs a command and gives exit code, output and errors."""

    def call(*words):
        code = main([str(word) for word in words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.fixture
def made(run, site_folder, tmp_path):
    """A bundle for the practice site, made from a folder."""
    usb = lay(tmp_path / "usb", releases.k3s())
    assert 0 == run("bundle", "create", "--site", "lab", "--from", usb, "--out", tmp_path / "bundle")[0]
    return tmp_path / "bundle"


def test_create_tells_each_file_and_by_whose_sum_it_was_verified(run, upstream, site_folder, tmp_path):
    """Exit code 0, one line a file, and the command that comes next."""
    code, out, err = run("bundle", "create", "--site", "lab", "--out", tmp_path / "bundle", "--mirror", upstream.url)
    assert (0, "") == (code, err)
    lines = {line.split()[0]: line.split()[1:] for line in out.splitlines()}
    assert ["40.1", "kB", "fetched", "sha256sum-amd64.txt"] == lines["k3s"]
    assert f"edgebook bundle push --site lab {tmp_path / 'bundle'}" in out


def test_create_for_programs(run, upstream, site_folder, tmp_path):
    """--json has every file with how it came."""
    words = ("bundle", "create", "--site", "lab", "--out", tmp_path / "b", "--mirror", upstream.url, "--json")
    code, out, _ = run(*words, "--arch", "amd64")
    files = {file["name"]: file for file in json.loads(out)["files"]}
    assert (0, "fetched", "x86_64") == (code, files["k3s"]["how"], files["k3s"]["arch"])


def test_create_that_cannot_have_a_file_fails(run, upstream, site_folder, tmp_path):
    """Exit code 1: something was begun; the file and the server's answer are named."""
    upstream.files = {path: data for path, data in upstream.files.items() if "airgap" not in path}
    code, out, err = run("bundle", "create", "--site", "lab", "--out", tmp_path / "b", "--mirror", upstream.url)
    assert (1, "") == (code, out)
    assert "1 of 5 files could not be had" in err
    assert "k3s-airgap-images-amd64.tar.zst: the server answers 404" in err
    assert "hint: run it again" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "nowhere"), "nowhere: is not there"),
        (("--arch", "sparc"), "sparc: is none that K3s is published for; x86_64, aarch64"),
        (("--mirror", "files"), "files: is no address"),
        (("--sign", "nowhere"), "nowhere: is no key file"),
    ],
)
def test_create_refuses_bad_input(run, site_folder, tmp_path, words, said):
    """Exit code 2: nothing was begun."""
    code, _, err = run("bundle", "create", "--site", "lab", "--out", tmp_path / "b", *words)
    assert (2, False) == (code, (tmp_path / "b").exists())
    assert said in err


def test_create_says_what_the_folder_does_not_have(run, site_folder, tmp_path):
    """What is left out is a line each, so that nobody finds out at the site."""
    files = {name: data for name, data in releases.k3s().items() if name in ("k3s", "install.sh")}
    usb = lay(tmp_path / "usb", files)
    code, out, _ = run("bundle", "create", "--site", "lab", "--from", usb, "--out", tmp_path / "b.tar")
    assert 0 == code
    assert "left out: k3s-airgap-images-amd64.tar.zst is not in the folder" in out


def test_verify_says_that_all_is_as_listed(run, made):
    """Exit code 0, how many files, and that nobody signed it."""
    code, out, _ = run("bundle", "verify", made)
    assert (0, True) == (code, out.endswith("all as the manifest says; not signed\n"))


def test_verify_names_every_wrong_file(run, made):
    """Exit code 1: a check failed."""
    os.truncate(made / "k3s", 7)
    (made / "install.sh").unlink()
    code, out, _ = run("bundle", "verify", made)
    assert 1 == code
    assert ["2 mistakes", "install.sh: is missing"] == [out.splitlines()[0].split(": ")[1], out.splitlines()[1].strip()]
    assert "k3s: is truncated: 7 of" in out


def test_verify_for_programs(run, made):
    """--json has what is wrong with which file."""
    os.truncate(made / "k3s", 7)
    code, out, _ = run("bundle", "verify", made, "--json")
    assert (1, ["k3s"]) == (code, [one["where"] for one in json.loads(out)["problems"]])


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b'{"schema": 9, "files": []}'])
def test_verify_of_what_is_no_bundle(run, made, content):
    """Exit code 2, and no traceback."""
    (made / "manifest.json").write_bytes(content)
    code, _, err = run("bundle", "verify", made)
    assert 2 == code
    assert "is no manifest that can be used" in err


def test_verify_of_nothing(run, tmp_path):
    """Exit code 2 for a path that leads nowhere."""
    assert 2 == run("bundle", "verify", tmp_path / "none")[0]


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="ssh-keygen is not here (apt-get install openssh-client)")
def test_verify_wants_the_signature_it_is_asked_for(run, made, tmp_path):
    """An unsigned bundle with --signers is exit code 2."""
    (tmp_path / "signers").write_text("me ssh-ed25519 AAAA\n")
    code, _, err = run("bundle", "verify", made, "--signers", tmp_path / "signers")
    assert 2 == code
    assert "must be signed here" in err


def test_push_tells_what_each_host_got(run, made):
    """Exit code 0; the second time the same table says that it was there."""
    code, out, err = run("bundle", "push", "--site", "lab", made, "--hosts", "s1,a1")
    assert (0, "") == (code, err)
    assert 6 == out.count(" sent")
    assert 6 == run("bundle", "push", "--site", "lab", made, "--hosts", "s1,a1")[1].count("was there")


def test_push_takes_the_bundle_that_site_yaml_names(run, made, site_folder):
    """Without a path it is source.path; without that there is none."""
    code, _, err = run("bundle", "push", "--site", "lab")
    assert (2, True) == (code, "names no bundle" in err)
    path = site_folder / "site.yaml"
    data = {**yaml.safe_load(path.read_text()), "source": {"kind": "bundle", "path": str(made)}}
    path.write_text(yaml.safe_dump(data))
    assert 0 == run("bundle", "push", "--site", "lab", "--hosts", "s1")[0]


def test_push_with_a_host_off_fails_for_that_host(run, made, practice):
    """Exit code 1; the others have it, and the error names the host."""
    lab.break_(practice.folder, "host-down", "a2")
    code, out, err = run("bundle", "push", "--site", "lab", made, "--hosts", "a1,a2")
    assert (1, True) == (code, "a2: connecting to" in err)
    assert "failed" in next(line for line in out.splitlines() if line.startswith("a2"))
    assert 3 == out.count(" sent")


def test_push_of_a_wrong_bundle_sends_nothing(run, made):
    """Exit code 2."""
    os.truncate(made / "k3s", 7)
    code, out, err = run("bundle", "push", "--site", "lab", made)
    assert (2, "") == (code, out)
    assert "k3s: is truncated" in err


@pytest.mark.parametrize(
    ("text", "rate"), [("20M", 20e6), ("1.5m", 1.5e6), ("800k", 8e5), ("2G", 2e9), ("512", 512.0), ("20MB/s", 20e6)]
)
def test_a_cap_is_given_in_bytes_a_second(text, rate):
    """With k, M or G, in either case."""
    given = make_parser().parse_args(["bundle", "push", "--site", "x", "--limit", text])
    assert rate == given.limit


@pytest.mark.parametrize("text", ["", "fast", "-5M", "0", "20T", "M"])
def test_what_is_no_cap_is_refused(capsys, text):
    """argparse says what is wanted."""
    with pytest.raises(SystemExit) as caught:
        make_parser().parse_args(["bundle", "push", "--site", "x", f"--limit={text}"])
    assert 2 == caught.value.code
    assert "such as 20M" in capsys.readouterr().err
