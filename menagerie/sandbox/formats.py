"""Documents as Flickr sends them: JSON, JSON in a function call, or XML."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import orjson

from menagerie.sandbox.errors import ApiError
from menagerie.sandbox.rows import Document

_XML_HEAD = b'<?xml version="1.0" encoding="utf-8" ?>\n'
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CALLBACK = re.compile(r"[\w.$]{1,100}")


@dataclass(frozen=True, slots=True)
class Body:
    """Bytes and what they are."""

    content: bytes
    content_type: str


def write(parameters: Mapping[str, str], document: Document) -> Body:
    """Write a good answer in the format that was asked for."""
    if parameters.get("format", "rest") == "json":
        return _json(parameters, {**document, "stat": "ok"})
    root = Element("rsp", stat="ok")
    _fill(root, document)
    return _xml(root)


def write_error(parameters: Mapping[str, str], error: ApiError) -> Body:
    """Write an error in the format that was asked for."""
    if parameters.get("format", "rest") == "json":
        return _json(parameters, {"stat": "fail", "code": error.code, "message": error.message})
    root = Element("rsp", stat="fail")
    SubElement(root, "err", code=str(error.code), msg=_clean(error.message))
    return _xml(root)


def _json(parameters: Mapping[str, str], document: Document) -> Body:
    content = _json_bytes(document)
    if parameters.get("nojsoncallback") == "1":
        return Body(content, "application/json")
    callback = parameters.get("jsoncallback", "")
    name = callback if _CALLBACK.fullmatch(callback) else "jsonFlickrApi"
    return Body(b"%b(%b)" % (name.encode(), content), "text/javascript; charset=utf-8")


def _json_bytes(document: Document) -> bytes:
    try:
        return orjson.dumps(document)
    except orjson.JSONEncodeError:  # a keyword made of a folder's name that is not UTF-8
        return json.dumps(document, separators=(",", ":")).encode()


def _xml(root: Element) -> Body:
    return Body(_XML_HEAD + tostring(root, encoding="utf-8") + b"\n", "text/xml; charset=utf-8")


def _fill(element: Element, document: Mapping[str, Any]) -> None:
    """Write scalars as attributes, `_content` as text, and what is nested as elements."""
    for name, content in document.items():
        if name == "_content":
            element.text = _clean(content)
        elif isinstance(content, Mapping):
            _fill(SubElement(element, name), content)
        elif isinstance(content, list):
            for entry in content:
                _fill(SubElement(element, name), entry)
        else:
            element.set(name, "" if content is None else _clean(str(content)))


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)
