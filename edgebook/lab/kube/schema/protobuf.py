"""The wire form newer kubectl sends objects in, made into JSON.

Not the way back: answers are JSON, which every client accepts.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from edgebook.lab.kube.schema.types import Field, Type, named
from edgebook.lab.kube.trees import Tree

MAGIC = b"k8s\x00"
CONTENT_TYPE = "application/vnd.kubernetes.protobuf"
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
SIGN_BIT, WORD_BITS, VARINT_BITS = 63, 64, 7
NANO = 1_000_000_000


class NotProtobufError(ValueError):
    """Bytes that are no object in this form."""


def envelope(raw: bytes) -> tuple[str, str, bytes]:
    """Open what a client sent: apiVersion, kind and the object's bytes.

    Raises:
        NotProtobufError: when it is something else.
    """
    if not raw.startswith(MAGIC):
        raise NotProtobufError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    outer = dict(_pairs(raw[len(MAGIC) :]))
    head = dict(_pairs(_raw(outer.get(1, b""))))
    return _raw(head.get(1, b"")).decode(), _raw(head.get(2, b"")).decode(), _raw(outer.get(2, b""))


def decode(kind: Type, raw: bytes) -> Tree:
    """Return an object's JSON.

    Raises:
        NotProtobufError: when the bytes end early or make no sense.
    """
    try:
        return _message(kind, raw)
    except (IndexError, struct.error, UnicodeDecodeError) as exc:
        raise NotProtobufError("proto: illegal wireType or unexpected EOF") from exc


def _raw(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise NotProtobufError("proto: illegal wireType")
    return value


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the highest bit says that more follows
            return value, at
        shift += VARINT_BITS
        if shift > WORD_BITS:
            raise NotProtobufError("proto: integer overflow")


def _pairs(raw: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(raw):
        tag, at = _varint(raw, at)
        number, sort = tag >> 3, tag & 7
        if sort == VARINT:
            value, at = _varint(raw, at)
            yield number, value
            continue
        if sort == BYTES:
            size, at = _varint(raw, at)
        else:
            size = {FIXED64: 8, FIXED32: 4}.get(sort, 0)
        if not size and sort != BYTES:
            raise NotProtobufError(f"proto: illegal wireType {sort}")
        if at + size > len(raw):
            raise NotProtobufError("unexpected EOF")
        yield number, raw[at : at + size]
        at += size


def _message(kind: Type, raw: bytes) -> Tree:
    made: Tree = {}
    for number, value in _pairs(raw):
        field = kind.numbers.get(number)
        if field is not None:
            _put(made, field, value)
    return made


def _put(made: Tree, field: Field, value: int | bytes) -> None:
    if field.inline:
        made.update(_message(named(field.type), _raw(value)))
    elif field.is_map:
        pair = dict(_pairs(_raw(value)))
        key = _raw(pair.get(1, b"")).decode()
        made.setdefault(field.name, {})[key] = _single(field, pair.get(2, b""))
    elif field.is_list:
        made.setdefault(field.name, []).append(_single(field, value))
    else:
        single = _single(field, value)
        # Go writes zero values whether they were set or not; only a pointer tells.
        if field.optional or field.required or single not in ("", 0, False, None, {}):
            made[field.name] = single


def _single(field: Field, value: int | bytes) -> Any:
    if field.is_scalar:
        return SCALARS[field.type](value)
    return _message(named(field.type), _raw(value))


def _signed(value: int | bytes) -> int:
    number = value if isinstance(value, int) else 0
    return number - (1 << WORD_BITS) if number >> SIGN_BIT else number


def _text(value: int | bytes) -> str:
    return _raw(value).decode()


def _moment(value: int | bytes) -> tuple[datetime, int] | None:
    parts = {number: _signed(item) for number, item in _pairs(_raw(value)) if isinstance(item, int)}
    if not parts:
        return None
    return datetime.fromtimestamp(parts.get(1, 0), UTC), parts.get(2, 0)


def _time(value: int | bytes) -> str | None:
    moment = _moment(value)
    return moment[0].strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def _micro_time(value: int | bytes) -> str | None:
    moment = _moment(value)
    return f"{moment[0].strftime('%Y-%m-%dT%H:%M:%S')}.{moment[1] // 1000:06d}Z" if moment else None


def _quantity(value: int | bytes) -> str:
    return _text(dict(_pairs(_raw(value))).get(1, b""))


def _int_or_string(value: int | bytes) -> int | str:
    parts = dict(_pairs(_raw(value)))
    return _text(parts.get(3, b"")) if parts.get(1) else _signed(parts.get(2, 0))


def _duration(value: int | bytes) -> str:
    nanos = _signed(dict(_pairs(_raw(value))).get(1, 0))
    return f"{nanos / NANO:g}s"


def _fields_v1(value: int | bytes) -> Any:
    return json.loads(_raw(dict(_pairs(_raw(value))).get(1, b"{}")) or b"{}")


def _strings(value: int | bytes) -> list[str]:
    return [_text(item) for _, item in _pairs(_raw(value))]


SCALARS: dict[str, Callable[[int | bytes], Any]] = {
    "s": _text,
    "i": _signed,
    "l": _signed,
    "b": bool,
    "d": lambda value: struct.unpack("<d", _raw(value))[0],
    "y": lambda value: base64.b64encode(_raw(value)).decode(),
    "T": _time,
    "U": _micro_time,
    "Q": _quantity,
    "I": _int_or_string,
    "D": _duration,
    "F": _fields_v1,
    "E": _strings,
    "R": _fields_v1,
    "J": _fields_v1,
}
