"""Problems that pydantic finds, in the words of people who write recipes."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

_WORDS = {
    "missing": "is missing",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "string_type": "must be text in quotes",
    "tuple_type": "must be a list in square brackets",
    "model_type": "must be a section of its own",
    "literal_error": "must be one of {expected}",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "too_short": "needs at least {min_length}, not {actual_length}",
    "too_long": "takes at most {max_length}, not {actual_length}",
    "string_too_short": "must not be empty",
    "string_too_long": "must not be longer than {max_length} characters",
}


def in_plain_words(error: ValidationError, patterns: Mapping[str, str]) -> list[str]:
    """Say each problem in a clause; `patterns` says what regular expressions ask for."""
    return [_plain(dict(problem), patterns) for problem in _own(error.errors())]


def said_of(error: Exception) -> str:
    """Say on one line what was wrong with a document of ours that could not be read."""
    if isinstance(error, ValidationError):
        return "; ".join(in_plain_words(error, {}))
    return (str(error).splitlines() or [repr(error)])[0]


def _plain(problem: dict[str, Any], patterns: Mapping[str, str]) -> str:
    where = ".".join(str(part) for part in problem["loc"])
    received = "" if problem["type"] == "missing" else f" (received {problem['input']!r:.80})"
    context = problem.get("ctx", {})
    if problem["type"] == "extra_forbidden":
        return f"unknown key {where}{received}"
    if problem["type"] == "string_pattern_mismatch" and context["pattern"] in patterns:
        return f"{where} {patterns[context['pattern']]}{received}"
    if problem["type"] in _WORDS:
        return f"{where} {_WORDS[problem['type']].format(**context)}{received}"
    message = problem["msg"].removeprefix("Value error, ")
    return f"{where} {message}{received}" if where else message


def _own(problems: Sequence[Any]) -> list[Any]:
    """Leave out lists that are too short only because one of their entries is wrong."""
    return [
        problem
        for problem in problems
        if problem["type"] != "too_short"
        or not any(
            other["loc"][: len(problem["loc"])] == problem["loc"]
            for other in problems
            if other is not problem
        )
    ]
