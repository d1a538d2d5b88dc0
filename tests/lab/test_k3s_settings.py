"""K3s's configuration: files, command line, environment."""

import pytest

from edgebook.lab.k3s import settings
from edgebook.lab.k3s.settings import SettingsInvalidError, combine, merge, parse_arguments, parse_document


def combined(arguments=(), documents=(), environment=None, role="server"):
    """Combine the three sources."""
    return combine(role, arguments=arguments, documents=documents, environment=environment or {})


def test_later_file_wins():
    """A drop-in replaces a key of config.yaml, lists whole."""
    assert {"a": 2, "l": [3]} == merge([{"a": 1, "l": [1, 2]}, {"a": 2, "l": [3]}])


def test_plus_appends():
    """`key+` appends to what came before, whether that was a list or not."""
    assert {"l": [1, 2, 3], "s": ["x", "y"]} == merge([{"l": [1, 2], "s": "x"}, {"l+": 3, "s+": ["y"]}])


def test_command_line_replaces_a_list():
    """A repeated flag on the command line replaces the file's whole list."""
    found = combined(["--disable", "traefik", "--disable=servicelb"], [{"disable": ["coredns"]}])
    assert ("traefik", "servicelb") == found.words("disable")


def test_file_comes_before_the_environment():
    """A key of the file beats the environment's, because K3s turns the file into flags."""
    found = combined((), [{"token": "file"}], {"K3S_TOKEN": "environment", "K3S_URL": "https://x:6443"})
    assert ("file", "https://x:6443") == (found.text("token"), found.text("server"))


def test_unknown_keys_are_named_and_skipped():
    """A key that K3s does not know is skipped and reported."""
    found = combined((), [{"tokn": "x", "token": "y"}])
    assert ("tokn",) == found.unknown
    assert "y" == found.text("token")


def test_servers_key_means_nothing_to_an_agent():
    """A server's key in an agent's file is neither used nor unknown."""
    found = combined((), [{"cluster-init": True}], role="agent")
    assert not found.on("cluster-init")
    assert () == found.unknown


@pytest.mark.parametrize("value", [True, "true", "1", "yes"])
def test_booleans(value):
    """Booleans may be YAML's or words."""
    assert combined((), [{"cluster-init": value}]).on("cluster-init")


def test_boolean_flag_takes_no_value():
    """A boolean flag of the command line stands alone."""
    assert {"cluster-init": "true", "token": "x"} == parse_arguments("server", ["--cluster-init", "-t", "x"])


def test_unknown_flag_is_refused():
    """A flag K3s does not have ends it."""
    with pytest.raises(SettingsInvalidError, match="flag provided but not defined: -frob"):
        parse_arguments("server", ["--frob"])


def test_commas_are_split():
    """Values of a list may be joined by commas."""
    assert ("a", "b", "c") == combined((), [{"tls-san": ["a, b", "c"]}]).words("tls-san")


def test_empty_file_says_nothing():
    """A file of comments only is an empty configuration."""
    assert {} == parse_document("x", "# nothing\n")


@pytest.mark.parametrize("text", ["a: [", "- a\n- b\n"])
def test_what_is_no_configuration(text):
    """Broken YAML, and YAML that is no mapping, name the file."""
    with pytest.raises(SettingsInvalidError, match="failed to load config file /x"):
        parse_document("/x", text)


def test_data_dir_has_a_default():
    """Without data-dir the data lie where K3s puts them."""
    assert settings.DATA_DIR == combined().data_dir
    assert "/data" == combined(["--data-dir", "/data/"]).data_dir
