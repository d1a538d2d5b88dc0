"""The kinds of value a site.yaml holds: names, addresses, networks, versions, secret references.

Not the models that are made of them, and not the rules that compare one value with another.
"""

from __future__ import annotations

import ipaddress
import re
import shlex
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from edgebook.secrets import Secret
from edgebook.site import versions

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
DNS_NAME = re.compile(
    r"(?=.*[A-Za-z])[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*\.?"
)
LABEL_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
USER_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.@\\-]{0,63}\$?")
INTERFACE = re.compile(r"[A-Za-z0-9._-]{1,15}")
ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
LONGEST_LABEL = 63
LONGEST_DNS_NAME = 253
DUAL_STACK = 2
REFERENCES = "env:NAME, file:PATH, prompt:QUESTION or command:PROGRAM ARGS"


def mistake(wrong: str, right: str = "") -> PydanticCustomError:
    """Make the error that a field's validator raises: what is wrong, and what would be right."""
    return PydanticCustomError("edgebook", "{wrong}", {"wrong": wrong, "right": right})


def address_of(text: str) -> Address | None:
    """Read an IP address; None when the text is something else, such as a DNS name."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def networks_of(text: str) -> tuple[Network, ...]:
    """Read one CIDR, or two with a comma between (dual-stack); raise ValueError when one is wrong."""
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(","))


def _name(value: str) -> str:
    if NAME.fullmatch(value) and len(value) <= LONGEST_LABEL:
        return value
    fixed = re.sub(r"[^a-z0-9.-]+", "-", value.lower()).strip("-.")[:LONGEST_LABEL]
    advice = "lower-case letters, digits and `-`, at most 63 (RFC 1123)"
    raise mistake("is not a valid name", f"{advice}, such as `{fixed}`" if NAME.fullmatch(fixed) else advice)


def _address(value: str) -> str:
    if address_of(value):
        return value
    if re.fullmatch(r"[\d.]+", value):
        raise mistake(f"`{value}` is not a valid IP address", "four numbers from 0 to 255 with dots between")
    if not DNS_NAME.fullmatch(value) or len(value) > LONGEST_DNS_NAME:
        raise mistake(
            "is neither an IP address nor a DNS name", "without user, scheme and port, such as `192.168.1.11`"
        )
    return value


def _ip(value: str) -> str:
    if address_of(value) is None:
        raise mistake(f"`{value}` is not an IP address", "such as `192.168.1.11`")
    return value


def _user(value: str) -> str:
    if not USER_NAME.fullmatch(value):
        raise mistake("is not a user's name", "letters, digits, `-`, `_`, `.`, `@`, such as `edge`")
    return value


def _interface(value: str) -> str:
    # The value goes into keepalived's configuration as it is.
    if not INTERFACE.fullmatch(value):
        raise mistake("is not a network interface's name", "at most 15 letters, digits, `.`, `-`, `_`, such as `eth0`")
    return value


def _cidr(value: str) -> str:
    try:
        found = networks_of(value)
    except ValueError:
        raise mistake(f"`{value}` is not a network", _cidr_remedy(value)) from None
    if len(found) > DUAL_STACK or (len(found) == DUAL_STACK and found[0].version == found[1].version):
        raise mistake("holds more networks than K3s takes", "one, or one IPv4 and one IPv6 with a comma between")
    return value


def _cidr_remedy(value: str) -> str:
    try:
        return f"its first address is {ipaddress.ip_network(value.strip(), strict=False)}"
    except ValueError:
        return "such as `10.42.0.0/16`"


def _k3s_version(value: str) -> str:
    found = versions.k3s_mistake(value)
    if found:
        raise mistake(*found)
    return value


def _kubeedge_version(value: str) -> str:
    found = versions.kubeedge_mistake(value)
    if found:
        raise mistake(*found)
    return value


def _label_key(value: str) -> str:
    prefix, _, name = value.rpartition("/")
    if (prefix and not NAME.fullmatch(prefix)) or "/" in prefix or not _is_label(name) or value.startswith("/"):
        raise mistake(
            "is not a valid label key", "`name` or `example.com/name`: letters, digits, `-`, `_` and `.`, at most 63"
        )
    return value


def _label_value(value: str) -> str:
    if value and not _is_label(value):
        raise mistake("is not a valid label value", "letters, digits, `-`, `_` and `.`, at most 63, or empty")
    return value


def _is_label(text: str) -> bool:
    return bool(LABEL_NAME.fullmatch(text)) and len(text) <= LONGEST_LABEL


def _role_label(value: str) -> str:
    if value and not _is_label(value):
        raise mistake("is not a valid role", "the part after `node-role.kubernetes.io/`, such as `edge`")
    return value


def _taint(value: str) -> str:
    key, colon, effect = value.rpartition(":")
    if not colon or effect not in EFFECTS:
        right = f"key=value:Effect, with Effect one of {', '.join(EFFECTS)}"
        raise mistake(f"`{value}` does not end in a taint's effect", right)
    name, _, content = key.partition("=")
    prefix, _, short = name.rpartition("/")
    if not _is_label(short) or (prefix and not NAME.fullmatch(prefix)) or (content and not _is_label(content)):
        raise mistake(f"`{value}` is not a valid taint", "such as `dedicated=gpu:NoSchedule`")
    return value


def _secret(value: Any, info: ValidationInfo) -> Secret:
    # The value is never repeated: whoever made this mistake wrote a password here.
    if isinstance(value, Secret):
        return value
    if value is None:
        raise mistake("is empty", f"give a reference: {REFERENCES}; or leave the line out")
    folder = (info.context or {}).get("folder")
    try:
        found = Secret(value, base=folder) if isinstance(value, str) and value.isprintable() else None
    except ValueError:
        found = None
    if found is None:
        raise mistake(
            "holds a secret's value (not shown) where a reference belongs",
            f"{REFERENCES}; change the secret if this file was ever shared",
        )
    _reference(found.kind, value.partition(":")[2].strip())
    return found


def _url(value: str) -> str:
    parts = _split_url(value)
    if parts is None or parts.scheme != "https":
        raise mistake("is not an https address", "such as `https://192.168.1.10:6443`")
    if parts.username or parts.password:
        raise mistake("carries a user or password", "give the address without them")
    return value


def _proxy(value: str) -> str:
    parts = _split_url(value) if value else None
    if value and (parts is None or parts.scheme not in ("http", "https", "socks5")):
        raise mistake("is not a proxy's address", "such as `http://proxy.example.com:3128`")
    if parts and (parts.username or parts.password):
        raise mistake("carries a user or password (not shown)", "point at a proxy, or a local relay, that needs none")
    return value


def _split_url(value: str) -> Any:
    try:
        parts = urlsplit(value)
        # Reading the port raises ValueError when it is no number.
        return (
            parts if parts.hostname and (parts.port is None or parts.port > 0) and not re.search(r"\s", value) else None
        )
    except ValueError:
        return None


def _reference(kind: str, rest: str) -> None:
    if kind == "env" and not ENV_NAME.fullmatch(rest):
        raise mistake("does not name an environment variable", "env:NAME, with letters, digits and `_`")
    if kind == "file":
        _path(rest)
    if kind == "command":
        try:
            shlex.split(rest)
        except ValueError:
            raise mistake("has a quote that does not close", "command:PROGRAM ARGS, quoted as in a shell") from None


def _foreign_home(value: str) -> bool:
    # `~joe` needs a user joe on each computer that this file is read on.
    return value.startswith("~") and value != "~" and not value.startswith("~/")


def _path_or_nothing(value: str) -> str:
    return _path(value) if value else value


def _path(value: str) -> str:
    if not value.strip() or "\0" in value:
        raise mistake("is empty", "give a path, or leave the line out")
    if _foreign_home(value):
        raise mistake("starts in another user's home folder", "`~/…`, a path from this file's folder, or from `/`")
    return value


def _absolute(value: str) -> str:
    if not value.startswith("/") or ".." in value.split("/") or re.search(r"[\s\0]", value) or value.strip("/") == "":
        raise mistake("is not an absolute path on the hosts", "such as `/var/lib/rancher/k3s`")
    return value


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _instant(value: Any) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, datetime):
        raise mistake("is not a time", "such as `2026-01-15T08:00:00Z`")
    if value.tzinfo is None:
        raise mistake("says no time zone", "end it in `Z`, for UTC")
    return value.astimezone(UTC)


Name = Annotated[str, AfterValidator(_name), Field(json_schema_extra={"pattern": f"^{NAME.pattern}$"})]
HostAddress = Annotated[str, AfterValidator(_address)]
Ip = Annotated[str, AfterValidator(_ip)]
UserName = Annotated[str, AfterValidator(_user)]
Interface = Annotated[str, AfterValidator(_interface)]
Cidr = Annotated[str, AfterValidator(_cidr)]
K3sVersion = Annotated[str, AfterValidator(_k3s_version), Field(json_schema_extra={"pattern": versions.K3S.pattern})]
KubeEdgeVersion = Annotated[str, AfterValidator(_kubeedge_version)]
LabelKey = Annotated[str, AfterValidator(_label_key)]
LabelValue = Annotated[str, AfterValidator(_label_value)]
RoleLabel = Annotated[str, AfterValidator(_role_label)]
Taint = Annotated[str, AfterValidator(_taint)]
SecretReference = Annotated[
    Secret,
    PlainValidator(_secret),
    WithJsonSchema({"type": "string", "pattern": r"^(env|file|prompt|command):\s*\S"}),
]
HttpsUrl = Annotated[str, AfterValidator(_url)]
ProxyUrl = Annotated[str, AfterValidator(_proxy)]
FilePath = Annotated[str, AfterValidator(_path)]
FilePathOrNothing = Annotated[str, AfterValidator(_path_or_nothing)]
AbsolutePath = Annotated[str, AfterValidator(_absolute)]
Port = Annotated[int, Field(ge=1, le=65535)]
Instant = Annotated[datetime, PlainValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
# strict=False on the outside alone: a YAML list may become a tuple, its items stay strict.
Texts = Annotated[tuple[str, ...], Field(strict=False)]
Taints = Annotated[tuple[Taint, ...], Field(strict=False)]
Addresses = Annotated[tuple[HostAddress, ...], Field(strict=False)]
FilePaths = Annotated[
    tuple[FilePath, ...],
    BeforeValidator(_listed),
    Field(strict=False),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
