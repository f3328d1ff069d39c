"""The control endpoint: change the world and its faults while the server runs, and look inside."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from menagerie.errors import CallError
from menagerie.sandbox.errors import ApiError, OrderedErrors
from menagerie.sandbox.faults import Mischief, parse_faults
from menagerie.sandbox.ledger import Ledger
from menagerie.sandbox.world import Change, World

PATH = "/control"

_MOST_UPLOADS = 100_000
_LATEST = 2**33  # seconds: far in the future, and still a date that can be written

_EFFECTS: dict[str, Callable[[Change], Change]] = {
    "remove": lambda change: replace(change, removed=True),
    "private": lambda change: replace(change, private=True),
    "opt_out": lambda change: replace(change, opted_out=True),
    "restore": lambda _: Change(),
}


class Control:
    """Carries out orders such as `{"remove": "123"}` or `{"license": ["123", 0]}`."""

    def __init__(
        self, world: World, mischief: Mischief, ordered_errors: OrderedErrors, ledger: Ledger
    ) -> None:
        self._world = world
        self._mischief = mischief
        self._ordered_errors = ordered_errors
        self._ledger = ledger
        self._orders: dict[str, Callable[[Any], dict[str, object]]] = {
            **{name: self._changes(effect) for name, effect in _EFFECTS.items()},
            "license": self._license,
            "upload": self._upload,
            "error": self._error,
            "faults": self._faults,
        }

    def report(self, *, brief: bool) -> dict[str, object]:
        """Return the counters, the faults so far, and how many photos there were at the start."""
        return {
            **self._ledger.report(brief=brief),
            "faults": {"spec": self._mischief.faults.spec, "injected": self._mischief.done},
            "universe": self._world.counts(),
        }

    def obey(self, body: bytes) -> dict[str, object]:
        """Carry out the orders of a JSON object.

        Raises:
            CallError: no JSON object, an unknown order, photo or fault.
        """
        try:
            orders = json.loads(body)
        except ValueError:
            orders = None
        if not isinstance(orders, dict):
            raise CallError(f"The control endpoint wants a JSON object (received {body[:80]!r}).")
        answer: dict[str, object] = {"ok": True}
        for order, argument in orders.items():
            if order not in self._orders:
                known = ", ".join(self._orders)
                raise CallError(f"An order is one of {known} (received {order!r}).")
            answer.update(self._orders[order](argument))
        return answer

    def _changes(self, effect: Callable[[Change], Change]) -> Callable[[Any], dict[str, object]]:
        def change_all(argument: Any) -> dict[str, object]:
            for photo_id in argument if isinstance(argument, list) else [argument]:
                self._change(photo_id, effect)
            return {}

        return change_all

    def _change(self, photo_id: object, effect: Callable[[Change], Change]) -> None:
        if not self._world.change(str(photo_id), effect):
            raise CallError(f"There is no such photo in this sandbox (received {photo_id!r}).")

    def _license(self, argument: Any) -> dict[str, object]:
        photo_id, number = _photo_and_license(argument)
        self._change(photo_id, lambda change: replace(change, license=number))
        return {}

    def _upload(self, argument: Any) -> dict[str, object]:
        fields = _fields("upload", argument, {"keyword", "count", "uploaded"})
        keyword = str(fields.get("keyword", "")).casefold()
        if keyword not in self._world.keywords:
            known = ", ".join(self._world.keywords)
            raise CallError(f"Photos are uploaded to one of {known} (received {keyword!r}).")
        count = _whole("count", fields.get("count", 1), 1, _MOST_UPLOADS)
        uploaded = _whole("uploaded", fields.get("uploaded", int(time.time())), 0, _LATEST)
        return {"uploaded": self._world.upload(keyword, count, uploaded)}

    def _error(self, argument: Any) -> dict[str, object]:
        if argument is None:
            self._ordered_errors.clear()
            return {}
        fields = _fields("error", argument, {"code", "message", "method", "times"})
        code = _whole("code", fields.get("code"), 0, 9_999)
        message, method = fields.get("message"), str(fields.get("method", ""))
        times = _whole("times", fields.get("times", 1), 1, 10**9)
        error = ApiError(code, None if message is None else str(message))
        self._ordered_errors.order(error, method, times)
        return {}

    def _faults(self, argument: Any) -> dict[str, object]:
        self._mischief.replace(parse_faults(str(argument)))
        return {}


def _photo_and_license(argument: Any) -> tuple[str, int]:
    try:
        photo_id, number = argument
        return str(photo_id), int(number)
    except (TypeError, ValueError):
        raise CallError(
            f'A licence is changed by ["photo id", number] (received {argument!r}).'
        ) from None


def _fields(order: str, argument: Any, known: set[str]) -> dict[str, Any]:
    if not isinstance(argument, dict) or not argument.keys() <= known:
        raise CallError(
            f"The order {order} takes an object of {', '.join(sorted(known))}"
            f" (received {argument!r})."
        )
    return argument


def _whole(name: str, value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise CallError(f"{name} is a whole number from {least} to {most} (received {value!r}).")
    return value
