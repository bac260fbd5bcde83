"""The API's description in OpenAPI 3.1, made from the same table as its routes."""

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from tagwatch import __version__
from tagwatch.access.purpose import Purpose
from tagwatch.access.refusal import Lack
from tagwatch.web.api_endpoint import Endpoint

_REF: Final = "#/components/schemas/{name}"
_PATH: Final = re.compile(r"\{(\w+):str\}")
_REFUSALS: Final = {
    400: "This is not a request",
    401: "No valid token or session",
    403: "The account may not do this, or states no purpose",
    404: "Not there, or outside the account's scope",
    409: "It changed meanwhile",
    413: "Too much was sent",
    422: "This cannot be read, or is not complete",
    503: "Not recorded: do it again",
}


def document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """Return the OpenAPI document of these endpoints."""
    types = [t for e in endpoints for t in (e.takes, e.gives) if t is not None]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    by_type = dict(zip([id(t) for t in types], schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        path = "/api/v1" + _PATH.sub(r"{\1}", endpoint.path)
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint, by_type)
    problem = {
        "type": "object",
        "required": ["status", "error", "detail"],
        "properties": {
            "status": {"type": "integer"},
            "error": {"type": "string"},
            "detail": {"type": "string"},
            # Of a refusal: what is missing, which role may help, and on which pages to ask.
            "lacks": {"type": "string", "enum": [lack.value for lack in Lack]},
            "who_may_help": {"type": "string"},
            "how_to_ask": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["says", "path"],
                    "properties": {"says": {"type": "string"}, "path": {"type": "string"}},
                },
            },
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tagwatch",
            "version": __version__,
            "description": "Instants are whole microseconds since 1970-01-01T00:00Z.",
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {**components, "Problem": problem},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(endpoint: Endpoint, schemas: dict[int, dict[str, Any]]) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PATH.findall(endpoint.path)
    ]
    parameters += [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": text,
            "schema": {"type": "string"},
        }
        for name, text in endpoint.asks
    ]
    parameters.append(
        {
            "name": "X-Purpose",
            "in": "header",
            "required": False,
            "schema": {"type": "string", "enum": [purpose.value for purpose in Purpose]},
        }
    )
    parameters.append(
        {
            "name": "X-Task",
            "in": "header",
            "required": False,
            "description": "What the look at one wearer is for: a case, a request, or own words; "
            "remembered for the token for 30 minutes and 60 views",
            "schema": {"type": "string", "maxLength": 200},
        }
    )
    refusal = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answers: dict[str, Any] = {
        str(status): {"description": text, "content": refusal} for status, text in _REFUSALS.items()
    }
    gives = {"schema": schemas[id(endpoint.gives)]}
    answers["200"] = {"description": "Done", "content": {"application/json": gives}}
    found: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.says,
        "parameters": parameters,
        "responses": answers,
    }
    if endpoint.takes is not None:
        content = {"application/json": {"schema": schemas[id(endpoint.takes)]}}
        found["requestBody"] = {"required": True, "content": content}
    if endpoint.content:
        content = {endpoint.content: {"schema": {"type": "string", "format": "binary"}}}
        found["requestBody"] = {"required": True, "content": content}
    return found
