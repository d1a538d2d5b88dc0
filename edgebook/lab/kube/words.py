"""The forms names and labels may have, and what is said about those that have not.

Not the rules of a kind: which form which field has is decided elsewhere.
"""

from __future__ import annotations

import re

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
DNS_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]+")
LABEL_MAX, SUBDOMAIN_MAX = 63, 253

LABEL_WORDS = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
DNS_1035_WORDS = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    "'[a-z]([-a-z0-9]*[a-z0-9])?')"
)
SUBDOMAIN_WORDS = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
KEY_WORDS = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
VALUE_WORDS = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
CONFIG_KEY_WORDS = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or "
    "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)
QUALIFIED_WORDS = (
    KEY_WORDS.replace("name part must", "a qualified name must", 1)
    + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
)
EMPTY = "must be non-empty"


def key_mistakes(key: str) -> list[str]:
    """Say everything that is wrong with the key of a label, an annotation or a taint."""
    *prefixes, name = key.split("/")
    if len(prefixes) > 1:
        return [QUALIFIED_WORDS]
    found = [f"prefix part {words}" for prefix in prefixes for words in _prefix_mistakes(prefix)]
    if not name:
        found.append(f"name part {EMPTY}")
    elif len(name.encode()) > LABEL_MAX:
        found.append(f"name part must be no more than {LABEL_MAX} characters")
    return found if QUALIFIED.fullmatch(name) else [*found, KEY_WORDS]


def _prefix_mistakes(prefix: str) -> list[str]:
    if not prefix:
        return [EMPTY]
    found = [f"must be no more than {SUBDOMAIN_MAX} characters"] if len(prefix.encode()) > SUBDOMAIN_MAX else []
    return found if SUBDOMAIN.fullmatch(prefix) else [*found, SUBDOMAIN_WORDS]


def value_mistakes(value: str) -> list[str]:
    """Say everything that is wrong with the value of a label."""
    found = [f"must be no more than {LABEL_MAX} characters"] if len(value.encode()) > LABEL_MAX else []
    return found if not value or QUALIFIED.fullmatch(value) else [*found, VALUE_WORDS]
