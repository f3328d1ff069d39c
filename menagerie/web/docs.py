"""The API's description, for programs and for people."""

from typing import Any

from flask import Blueprint, current_app, jsonify, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from menagerie.web.openapi import describe, undescribed
from menagerie.web.site import this_site

views = Blueprint("docs", __name__, url_prefix="/api/v1")


@views.get("/openapi.json")
def openapi() -> ResponseReturnValue:
    """Return this description, as OpenAPI 3.1."""
    return jsonify(_described())


@views.get("/docs")
@undescribed
def readable() -> ResponseReturnValue:
    """Show this description as a page."""
    document = _described()
    return render_template(
        "docs.html",
        info=document["info"],
        operations=[
            (method, path, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        ],
        schemas=document["components"]["schemas"],
        kind=_kind,
        breakable=_breakable,
    )


def _described() -> dict[str, Any]:
    return describe(current_app, has_token=this_site().access.token is not None)


def _breakable(path: str) -> Markup:
    """Let a path go on in the next line behind each of its slashes."""
    return Markup("/<wbr>").join(path.split("/"))


def _kind(schema: dict[str, Any]) -> str:
    """Say in a few words what a schema admits."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    kind = str(schema.get("type", "anything"))
    if kind == "array":
        return f"list of {_kind(schema['items'])}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"{_kind(schema['additionalProperties'])} by name"
    return kind
