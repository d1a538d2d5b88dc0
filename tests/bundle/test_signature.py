"""Signatures: whoever may sign is named, and everybody else refused, with OpenSSH's own program."""

import subprocess

import pytest

from edgebook.bundle import signature
from edgebook.errors import InputError

DATA = b'{"schema": 1, "files": []}\n'


@pytest.fixture
def signed(key):
    """A signature over the data."""
    return signature.sign(DATA, key)


@pytest.fixture
def signers(tmp_path, key):
    """The file of those who may sign."""
    return tmp_path / "signers"


def test_the_signer_is_named(signed, signers):
    """As the allowed_signers file calls it."""
    assert "engineer@factory" == signature.signer(DATA, signed, signers)


def test_changed_data_is_refused(signed, signers):
    """One changed byte and the signature does not hold."""
    with pytest.raises(InputError, match="signature by engineer@factory does not hold"):
        signature.signer(DATA + b" ", signed, signers)


def test_a_strangers_signature_is_refused(signed, signers, tmp_path):
    """A key that is not in the file may not sign."""
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "stranger")]
    subprocess.run(command, check=True)
    signers.write_text(f"engineer@factory {(tmp_path / 'stranger.pub').read_text()}")
    with pytest.raises(InputError, match=r"nobody in .*signers has signed"):
        signature.signer(DATA, signed, signers)


def test_a_signature_for_another_purpose_is_refused(key, signers):
    """What was signed as mail, or a commit, is no signature of a bundle."""
    command = ["ssh-keygen", "-Y", "sign", "-n", "git", "-f", str(key)]
    other = subprocess.run(command, input=DATA, capture_output=True, check=True).stdout
    with pytest.raises(InputError, match="signed for something else"):
        signature.signer(DATA, other, signers)


def test_an_unsigned_bundle_is_refused_where_it_must_be_signed(signers):
    """The file that is missing is named, and the option that makes it."""
    with pytest.raises(InputError, match=r"has no manifest\.json\.sig") as caught:
        signature.signer(DATA, b"", signers)
    assert "--sign KEY" in caught.value.hint


@pytest.mark.parametrize(
    "content", [b"garbage", b"-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n", b"\0"]
)
def test_what_is_no_signature_is_refused(signers, content):
    """Anything else in its place is nobody's."""
    with pytest.raises(InputError, match=r"nobody in"):
        signature.signer(DATA, content, signers)


def test_signers_that_are_not_there_are_named(signed, tmp_path):
    """The file must exist."""
    with pytest.raises(InputError, match=r"there is no file .*none"):
        signature.signer(DATA, signed, tmp_path / "none")


def test_what_is_no_key_cannot_sign(tmp_path, key):
    """With what OpenSSH says about it."""
    (tmp_path / "no-key").write_text("garbage")
    with pytest.raises(InputError, match=r"cannot sign with .*no-key: "):
        signature.sign(DATA, tmp_path / "no-key")


def test_without_openssh_its_package_is_named(monkeypatch, signed, signers):
    """The program is OpenSSH's own, and may be missing."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="signatures need OpenSSH's ssh-keygen"):
        signature.signer(DATA, signed, signers)
