"""The kubeconfig on this computer: no other context is ever lost."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from edgebook.errors import InputError
from edgebook.k3s import kubeconfig

K3S = """apiVersion: v1
kind: Config
clusters: [{name: default, cluster: {server: 'https://127.0.0.1:6443', certificate-authority-data: Q0E=}}]
contexts: [{name: default, context: {cluster: default, user: default}}]
current-context: default
users: [{name: default, user: {client-certificate-data: Q0VSVA==, client-key-data: S0VZ}}]
"""
OURS = kubeconfig.rewritten(K3S, name="factory-7", server="https://10.20.0.10:6443")
PATH = Path("config")
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)


def config(*names, current=""):
    """Return a kubeconfig with a context, cluster and user of each name."""
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": {"server": f"https://{name}"}} for name in names],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in names],
            "users": [{"name": name, "user": {"token": name}} for name in names],
            "current-context": current,
        }
    )


def contexts(text):
    """Return the names of a kubeconfig's contexts."""
    return [entry["name"] for entry in yaml.safe_load(text)["contexts"]]


def test_rewritten_names_the_site_and_an_address_that_works_from_here():
    """Nothing is called default any more, and nothing points at this computer itself."""
    assert "default" not in OURS
    assert "127.0.0.1" not in OURS
    assert yaml.safe_load(OURS)["clusters"][0]["cluster"]["server"] == "https://10.20.0.10:6443"


@settings(deadline=None)  # a busy machine is no failure
@given(st.lists(NAMES, unique=True, max_size=5))
def test_merge_keeps_every_other_context(names):
    """Whatever contexts there are, merging adds ours and keeps theirs, users and clusters too."""
    merged = kubeconfig.merged(config(*names), OURS, path=PATH)
    assert {*names, "factory-7"} == set(contexts(merged))
    assert {"factory-7", *names} == {entry["name"] for entry in yaml.safe_load(merged)["users"]}


@settings(deadline=None)  # a busy machine is no failure
@given(st.lists(NAMES, unique=True, max_size=5))
def test_removal_takes_back_exactly_what_merging_added(names):
    """Merge and removal leave the contexts as they were."""
    before = config(*(name for name in names if name != "factory-7"))
    after = kubeconfig.without(kubeconfig.merged(before, OURS, path=PATH), "factory-7", path=PATH)
    assert contexts(before) == contexts(after)


def test_merge_renews_an_older_entry_of_the_same_name():
    """A rebuilt cluster replaces its own stale certificate, which would fail with x509."""
    merged = yaml.safe_load(kubeconfig.merged(config("factory-7", "other"), OURS, path=PATH))
    entry = next(one for one in merged["clusters"] if one["name"] == "factory-7")
    assert entry["cluster"]["certificate-authority-data"] == "Q0E="


def test_merge_leaves_the_current_context_alone():
    """A person's current context is theirs."""
    assert (
        yaml.safe_load(kubeconfig.merged(config("prod", current="prod"), OURS, path=PATH))["current-context"] == "prod"
    )


@pytest.mark.parametrize("text", ["a: [", "- 1", "clusters: 7"])
def test_a_file_that_is_no_kubeconfig_is_refused_and_left(text):
    """What cannot be read is not overwritten."""
    with pytest.raises(InputError):
        kubeconfig.merged(text, OURS, path=PATH)


def test_private_file_is_whole_and_for_its_owner_alone(tmp_path):
    """The file has mode 0600 from its first byte, and its folder is made."""
    path = tmp_path / "new" / "config"
    assert kubeconfig.write_private(path, OURS)
    assert (OURS, 0o600) == (path.read_text(), path.stat().st_mode & 0o777)


def test_writing_the_same_again_changes_nothing(tmp_path):
    """A second write of the same text reports no change."""
    path = tmp_path / "config"
    kubeconfig.write_private(path, OURS)
    assert not kubeconfig.write_private(path, OURS)


def test_a_file_that_others_may_read_is_rewritten(tmp_path):
    """The same text with a wider mode counts as a change and is narrowed."""
    path = tmp_path / "config"
    kubeconfig.write_private(path, OURS)
    path.chmod(0o644)
    assert kubeconfig.write_private(path, OURS)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_is_kept_aside_once_and_for_its_owner_alone(tmp_path):
    """The first content is what comes back, however often it is overwritten."""
    path = tmp_path / "config"
    path.write_text("first")
    path.chmod(0o644)
    kubeconfig.keep(path)
    path.write_text("second")
    kubeconfig.keep(path)
    kept = kubeconfig.backup_of(path)
    assert ("first", 0o600) == (kept.read_text(), kept.stat().st_mode & 0o777)


def test_what_is_not_there_is_not_kept(tmp_path):
    """Nothing is made where there was nothing."""
    kubeconfig.keep(tmp_path / "config")
    assert [] == list(tmp_path.iterdir())


def test_the_journal_learns_mode_and_missing_folders_and_no_content(tmp_path):
    """What the way back needs of a file of this computer is its mode and which folders were made for it."""
    path = tmp_path / "a" / "b" / "config"
    assert ["", [str(path.parent), str(tmp_path / "a")]] == [kubeconfig.as_it_is(path)[key] for key in ("mode", "made")]
    path.parent.mkdir(parents=True)
    path.write_text("token: x")
    path.chmod(0o640)
    assert {"path": str(path), "mode": "640", "made": []} == kubeconfig.as_it_is(path)


def test_a_kubeconfig_of_ours_is_known_by_its_first_line(tmp_path):
    """Whatever names it has, a file that somebody else wrote is not ours."""
    path = tmp_path / "config"
    path.write_text(OURS)
    assert kubeconfig.is_ours(path)
    path.write_text(config("factory-7"))
    assert not kubeconfig.is_ours(path)


def test_what_a_cut_off_write_left_is_found(tmp_path):
    """A temporary file beside the kubeconfig holds keys, so it is not forgotten."""
    path = tmp_path / "config"
    (tmp_path / ".config.a1b2c3d4").write_text("half")
    (tmp_path / ".config.edgebook-before.new").write_text("half")
    (tmp_path / ".configuration").write_text("somebody else's")
    assert {".config.a1b2c3d4", ".config.edgebook-before.new"} == {one.name for one in kubeconfig.torn(path)}


def test_the_same_cluster_is_known_without_a_journal(tmp_path):
    """An entry of our name is ours where it has our own kubeconfig's cluster."""
    path, own = tmp_path / "config", tmp_path / "own"
    own.write_text(OURS)
    assert not kubeconfig.same_entry(path, own, "factory-7")
    path.write_text(kubeconfig.merged(config("other"), OURS, path=path))
    assert kubeconfig.same_entry(path, own, "factory-7")
    path.write_text(config("factory-7"))
    assert not kubeconfig.same_entry(path, own, "factory-7")
