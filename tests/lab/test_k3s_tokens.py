"""Join tokens in all their forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgebook.lab.k3s import tokens
from edgebook.lab.k3s.tokens import Token, TokenInvalidError

HASH = "a" * 64


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("secret", Token("secret")),
        (f"K10{HASH}::server:secret", Token("secret", "server", HASH)),
        (f"K10{HASH}::node:a:b", Token("a:b", "node", HASH)),
        ("K10::server:secret", Token("secret", "server")),
        ("abcdef.0123456789abcdef", Token("0123456789abcdef", bootstrap_id="abcdef")),
        (f"K10{HASH}::abcdef.0123456789abcdef", Token("0123456789abcdef", "", HASH, "abcdef")),
    ],
)
def test_forms(text, token):
    """Short, secure and bootstrap tokens are read into their parts."""
    assert token == tokens.parse(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "token must not be empty"),
        ("K10abc::server:secret", "invalid token CA hash length"),
        (f"K10{HASH}::server", "invalid token format"),
        (f"K10{HASH}", "invalid token format"),
    ],
)
def test_what_is_no_token(text, said):
    """A malformed token is refused in K3s's words."""
    with pytest.raises(TokenInvalidError, match=said):
        tokens.parse(text)


@given(st.binary(), st.text(st.characters(categories=["L", "N"]), min_size=1))
def test_secure_form_is_read_back(pem, password):
    """What `secure` writes, `parse` reads, with the CA's hash."""
    read = tokens.parse(tokens.secure(pem, "server", password))
    assert Token(password, "server", tokens.ca_hash(pem)) == read


def test_bootstrap_text():
    """A bootstrap token knows its own text."""
    assert "abcdef.0123456789abcdef" == tokens.parse("abcdef.0123456789abcdef").bootstrap
    assert "" == tokens.parse("secret").bootstrap
