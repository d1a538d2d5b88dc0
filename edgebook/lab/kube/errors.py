"""The errors a Kubernetes API server answers with, as Status objects.

Not edgebook's own errors: this is the other side of the wire, and texts here are upstream's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgebook.lab.kube.kinds import Kind

MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


class ApiError(Exception):
    """A request that fails, with everything the Status object of the answer needs."""

    def __init__(self, code: int, reason: str, message: str, *, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.token = ""
        """Where a list may be gone on with, for a Status's metadata."""

    @property
    def status(self) -> dict[str, Any]:
        """The Status object, in the order of fields the API server writes."""
        meta = {"continue": self.token} if self.token else {}
        body: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "metadata": meta, "status": "Failure"}
        body["message"] = self.message
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = self.details
        return {**body, "code": self.code}


@dataclass(frozen=True)
class Cause:
    """One mistake in one field: where, which sort (`FieldValueInvalid`), and the words for it."""

    field: str
    reason: str
    message: str

    @property
    def tree(self) -> dict[str, str]:
        """The cause as a Status carries it."""
        return {"reason": self.reason, "message": self.message, "field": self.field}


def invalid_value(field: str, value: object, why: str) -> Cause:
    """Say that a field's value is not one it may have."""
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    return Cause(field, "FieldValueInvalid", f"Invalid value: {shown}: {why}")


def required_value(field: str, why: str = "") -> Cause:
    """Say that a field must be given."""
    return Cause(field, "FieldValueRequired", f"Required value: {why}" if why else "Required value")


def unsupported_value(field: str, value: object, supported: Sequence[str]) -> Cause:
    """Say that a field's value is not among the few there are."""
    shown = ", ".join(f'"{item}"' for item in supported)
    return Cause(field, "FieldValueNotSupported", f'Unsupported value: "{value}": supported values: {shown}')


def duplicate_value(field: str, value: str) -> Cause:
    """Say that a value is there already."""
    return Cause(field, "FieldValueDuplicate", f'Duplicate value: "{value}"')


def duplicate_literal(field: str, shown: str) -> Cause:
    """Say that something is there already, shown as it is."""
    return Cause(field, "FieldValueDuplicate", f"Duplicate value: {shown}")


def missing_value(field: str, value: object) -> Cause:
    """Say that what a value names is not there."""
    return Cause(field, "FieldValueNotFound", f'Not found: "{value}"')


def forbidden_value(field: str, why: str) -> Cause:
    """Say that a field may not be given, or not be changed."""
    return Cause(field, "FieldValueForbidden", f"Forbidden: {why}")


def too_long(field: str, limit_bytes: int) -> Cause:
    """Say that there is too much in a field."""
    return Cause(field, "FieldValueTooLong", f"Too long: must have at most {limit_bytes} bytes")


def invalid_options(kind: str, causes: Sequence[Cause]) -> ApiError:
    """Say which options of a request are wrong."""
    lines = [f"{cause.field}: {cause.message}" for cause in causes]
    text = lines[0] if len(lines) == 1 else f"[{', '.join(lines)}]"
    details = {"group": "meta.k8s.io", "kind": kind, "causes": [cause.tree for cause in causes]}
    message = f'{kind}.meta.k8s.io "" is invalid: {text}'
    return ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid", message, details=details)


def _details(kind: Kind, name: str) -> dict[str, Any]:
    details: dict[str, Any] = {"name": name} if name else {}
    if kind.group:
        details["group"] = kind.group
    return {**details, "kind": kind.plural}


def not_found(kind: Kind, name: str) -> ApiError:
    """Say that no object has this name."""
    message = f'{kind.resource} "{name}" not found'
    return ApiError(HTTPStatus.NOT_FOUND, "NotFound", message, details=_details(kind, name))


def already_exists(kind: Kind, name: str) -> ApiError:
    """Say that an object has this name already."""
    message = f'{kind.resource} "{name}" already exists'
    return ApiError(HTTPStatus.CONFLICT, "AlreadyExists", message, details=_details(kind, name))


def conflict(kind: Kind, name: str, why: str = MODIFIED) -> ApiError:
    """Say that the object is no longer what the request took it for."""
    message = f'Operation cannot be fulfilled on {kind.resource} "{name}": {why}'
    return ApiError(HTTPStatus.CONFLICT, "Conflict", message, details=_details(kind, name))


def apply_conflict(conflicts: Sequence[tuple[str, str]]) -> ApiError:
    """Say which fields of an apply belong to other managers: pairs of manager's words and field."""
    causes = [Cause(field, "FieldManagerConflict", f"conflict with {owner}").tree for owner, field in conflicts]
    if len(conflicts) == 1:
        message = f"Apply failed with 1 conflict: conflict with {conflicts[0][0]}: {conflicts[0][1]}"
    else:
        lines = "".join(
            f"conflicts with {owner}:\n" + "".join(f"- {field}\n" for who, field in conflicts if who == owner)
            for owner in dict.fromkeys(owner for owner, _ in conflicts)
        )
        message = f"Apply failed with {len(conflicts)} conflicts: {lines.rstrip()}"
    return ApiError(HTTPStatus.CONFLICT, "Conflict", message, details={"causes": causes})


def invalid(kind: Kind, name: str, causes: Sequence[Cause]) -> ApiError:
    """Say which fields of an object are wrong, all of them."""
    lines = list(dict.fromkeys(f"{cause.field}: {cause.message}" for cause in causes))
    text = lines[0] if len(lines) == 1 else f"[{', '.join(lines)}]"
    details = {**_details(kind, name), "kind": kind.kind, "causes": [cause.tree for cause in causes]}
    message = f'{kind.kind}{"." + kind.group if kind.group else ""} "{name}" is invalid: {text}'
    return ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid", message, details=details)


def unprocessable() -> ApiError:
    """Say that a JSON patch cannot be carried out; the real API does not say why."""
    message = "the server rejected our request due to an error in our request"
    return ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid", message, details={})


def invalid_patch(patched: str, why: str) -> ApiError:
    """Say that a patch makes something that is no object of its kind."""
    cause = {"reason": "FieldValueInvalid", "message": f"Invalid value: {json.dumps(patched)}: {why}", "field": "patch"}
    message = f' "" is invalid: patch: {cause["message"]}'
    return ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid", message, details={"causes": [cause]})


def bad_request(message: str) -> ApiError:
    """Say that the request itself makes no sense."""
    return ApiError(HTTPStatus.BAD_REQUEST, "BadRequest", message)


def forbidden(kind: Kind, name: str, why: str, *, causes: Sequence[dict[str, str]] = ()) -> ApiError:
    """Say that this may not be done to this object."""
    message = f'{kind.resource} "{name}" is forbidden: {why}'
    more = {"causes": list(causes)} if causes else {}
    return ApiError(HTTPStatus.FORBIDDEN, "Forbidden", message, details={**_details(kind, name), **more})


def unauthorized() -> ApiError:
    """Say that nobody known is asking."""
    return ApiError(HTTPStatus.UNAUTHORIZED, "Unauthorized", "Unauthorized")


def expired(message: str, *, token: str = "") -> ApiError:
    """Say that the history asked for is gone; a token says where to go on without it."""
    error = ApiError(HTTPStatus.GONE, "Expired", message)
    error.token = token
    return error


def version_too_large(wanted: int, current: int) -> ApiError:
    """Say that a version has not come yet."""
    message = f"Timeout: Too large resource version: {wanted}, current: {current}"
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    details = {"causes": [cause], "retryAfterSeconds": 1}
    return ApiError(HTTPStatus.GATEWAY_TIMEOUT, "Timeout", message, details=details)


def timed_out() -> ApiError:
    """Say that a request took longer than the server waits."""
    message = "Timeout: request did not complete within the allotted timeout"
    return ApiError(HTTPStatus.GATEWAY_TIMEOUT, "Timeout", message, details={})


def no_such_path() -> ApiError:
    """Say that nothing is served there."""
    message = "the server could not find the requested resource"
    return ApiError(HTTPStatus.NOT_FOUND, "NotFound", message, details={})


def method_not_allowed() -> ApiError:
    """Say that the resource does not take this verb."""
    message = "the server does not allow this method on the requested resource"
    return ApiError(HTTPStatus.METHOD_NOT_ALLOWED, "MethodNotAllowed", message, details={})


def unsupported_media_type(accepted: Sequence[str]) -> ApiError:
    """Say which content types a body may have."""
    message = "the body of the request was in an unknown format - accepted media types include: " + ", ".join(accepted)
    return ApiError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)


def not_among_media_types() -> ApiError:
    """Say that a patch of a built-in kind is in no known form."""
    message = "415: Unsupported Media Type"
    return ApiError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message, details={})


def too_large(message: str) -> ApiError:
    """Say that a request is larger than the server takes."""
    return ApiError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "RequestEntityTooLarge", f"Request entity too large: {message}"
    )


def not_acceptable(offered: Sequence[str]) -> ApiError:
    """Say which content types an answer may have."""
    message = "406: Not Acceptable\n\nAvailable representations: " + ", ".join(offered)
    return ApiError(HTTPStatus.NOT_ACCEPTABLE, "NotAcceptable", message, details={})


def not_among_accepted(offered: Sequence[str]) -> ApiError:
    """Say that a form is known, but not of this answer."""
    message = "only the following media types are accepted: " + ", ".join(offered)
    return ApiError(HTTPStatus.NOT_ACCEPTABLE, "NotAcceptable", message)


def disruption_refused(why: str) -> ApiError:
    """Say that an eviction would take more pods than a budget allows."""
    message = "Cannot evict pod as it would violate the pod's disruption budget."
    details = {"causes": [{"reason": "DisruptionBudget", "message": why}]}
    return ApiError(HTTPStatus.TOO_MANY_REQUESTS, "TooManyRequests", message, details=details)


def without_quorum() -> ApiError:
    """Say what the API says while its datastore has no leader: a 500 with etcd's own words."""
    return ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "", "etcdserver: request timed out")


def internal(why: str) -> ApiError:
    """Say that the server itself failed."""
    message = f"Internal error occurred: {why}"
    return ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalError", message, details={"causes": [{"message": why}]})


def internal_text(message: str) -> ApiError:
    """Say that the server could not make sense of something, in its own bare words."""
    return ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "", message)
