"""The JSON Schema of a site.yaml, for editors.

Not the whole truth: rules between fields are not in it.
"""

from __future__ import annotations

from typing import Any

from edgebook.site.models import Site

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a site.yaml."""
    return {"$schema": DIALECT, **Site.model_json_schema(by_alias=True), "title": "edgebook site"}
