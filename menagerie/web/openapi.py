"""The OpenAPI description of the API, made of the views themselves."""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from flask import Flask
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from menagerie import __version__
from menagerie.web.shapes import Problem

PREFIX = "/api/v1/"
_NOTED = "operation"
_SCHEMAS = "#/components/schemas/{model}"
_METHODS = ("get", "post", "put", "patch", "delete")
_PARAMETER = re.compile(r"<(?:(?P<kind>\w+)(?:\(.*?\))?:)?(?P<name>\w+)>")

_Mode = Literal["serialization", "validation"]
_View = TypeVar("_View", bound=Callable[..., ResponseReturnValue])


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something that may stand behind the question mark of an address."""

    name: str
    about: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """What a view takes and answers, beyond what its docstring says.

    `takes` is the JSON that it takes, `content` other kinds of body, `refusals` the statuses of
    its problems and what they mean.
    """

    answer: type[BaseModel] | None = None
    takes: type[BaseModel] | None = None
    status: int = 200
    parameters: tuple[Parameter, ...] = ()
    content: Mapping[str, Any] = field(default_factory=dict)
    refusals: Mapping[int, str] = field(default_factory=dict)


def undescribed(view: _View) -> _View:
    """Leave a view out: it is a page."""
    setattr(view, _NOTED, None)
    return view


def operation(answer: type[BaseModel] | None = None, **details: Any) -> Callable[[_View], _View]:
    """Describe a view; for `details` see `Operation`."""

    def note(view: _View) -> _View:
        setattr(view, _NOTED, Operation(answer, **details))
        return view

    return note


def describe(app: Flask, *, has_token: bool) -> dict[str, Any]:
    """Return the description of every route of an application's API."""
    operations = list(_operations(app))
    answers = {noted.answer for _, _, noted, _ in operations if noted.answer} | {Problem}
    taken = {noted.takes for _, _, noted, _ in operations if noted.takes}
    shapes: list[tuple[type[BaseModel], _Mode]] = [(shape, "serialization") for shape in answers]
    shapes += [(shape, "validation") for shape in taken]
    shapes.sort(key=lambda each: each[0].__name__)
    _, definitions = models_json_schema(shapes, ref_template=_SCHEMAS)
    paths: dict[str, dict[str, Any]] = {}
    for rule, method, noted, view in operations:
        path = _PARAMETER.sub(lambda found: "{" + found["name"] + "}", rule.rule)
        paths.setdefault(path, {})[method] = _operation(rule, noted, view)
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "menagerie",
            "version": __version__,
            "description": "Datasets of photos, their releases and models, and what the models"
            " say of photos. Whatever goes wrong is answered as problem+json (RFC 9457).",
        },
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": definitions["$defs"]},
    }
    if has_token:
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
    return document


_Found = tuple[Rule, str, Operation, Callable[..., Any]]


def _operations(app: Flask) -> Iterator[_Found]:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(PREFIX):
            view = app.view_functions[rule.endpoint]
            noted = getattr(view, _NOTED, Operation())
            for method in _METHODS:
                if noted is not None and method.upper() in (rule.methods or ()):
                    yield rule, method, noted, view


def _operation(rule: Rule, noted: Operation, view: Callable[..., Any]) -> dict[str, Any]:
    summary, _, description = inspect.cleandoc(view.__doc__ or "").partition("\n")
    document: dict[str, Any] = {
        "operationId": rule.endpoint.replace(".", "_"),
        "summary": summary,
        "description": " ".join(description.split()),
        "tags": [rule.endpoint.partition(".")[0]],
        "parameters": [*_path_parameters(rule), *map(_query_parameter, noted.parameters)],
        "responses": {str(noted.status): _answer(noted), **_refusals(noted)},
    }
    content = dict(noted.content)
    if noted.takes is not None:
        content["application/json"] = {"schema": _reference(noted.takes)}
    if content:
        document["requestBody"] = {"required": True, "content": content}
    return document


def _reference(shape: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _SCHEMAS.format(model=shape.__name__)}


def _path_parameters(rule: Rule) -> list[dict[str, Any]]:
    kinds = {"int": "integer", "float": "number"}
    return [
        {
            "name": found["name"],
            "in": "path",
            "required": True,
            "schema": {"type": kinds.get(found["kind"], "string")},
        }
        for found in _PARAMETER.finditer(rule.rule)
    ]


def _query_parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "query",
        "required": False,
        "description": parameter.about,
        "schema": dict(parameter.schema),
    }


def _answer(noted: Operation) -> dict[str, Any]:
    if noted.answer is None:
        return {"description": "Done.", "content": {"application/json": {"schema": {}}}}
    about = inspect.cleandoc(noted.answer.__doc__ or "").replace("\n", " ")
    content = {"application/json": {"schema": _reference(noted.answer)}}
    return {"description": about, "content": content}


def _refusals(noted: Operation) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": _reference(Problem)}}
    told = {str(status): about for status, about in sorted(noted.refusals.items())}
    told["default"] = "What was wrong, what was received, what to do."
    return {status: {"description": about, "content": content} for status, about in told.items()}
