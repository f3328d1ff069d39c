"""The control endpoint: change the world and its faults while the server runs, and look inside."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from menagerie.errors import CallError
from menagerie.sandbox.faults import Mischief, parse_faults
from menagerie.sandbox.ledger import Ledger
from menagerie.sandbox.world import Change, World

PATH = "/control"

_EFFECTS: dict[str, Callable[[Change], Change]] = {
    "remove": lambda change: replace(change, removed=True),
    "private": lambda change: replace(change, private=True),
    "opt_out": lambda change: replace(change, opted_out=True),
    "restore": lambda _: Change(),
}
_ORDERS = (*_EFFECTS, "license", "faults")


class Control:
    """Carries out orders such as `{"remove": "123"}` or `{"license": ["123", 0]}`."""

    def __init__(self, world: World, mischief: Mischief, ledger: Ledger) -> None:
        self._world = world
        self._mischief = mischief
        self._ledger = ledger

    def report(self) -> dict[str, object]:
        """Return the counters, the faults so far, and how many photos there were at the start."""
        return {
            **self._ledger.report(),
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
        for order, argument in orders.items():
            self._carry_out(order, argument)
        return {"ok": True}

    def _carry_out(self, order: str, argument: Any) -> None:
        if order in _EFFECTS:
            for photo_id in argument if isinstance(argument, list) else [argument]:
                self._change(photo_id, _EFFECTS[order])
        elif order == "license":
            photo_id, number = _photo_and_license(argument)
            self._change(photo_id, lambda change: replace(change, license=number))
        elif order == "faults":
            self._mischief.replace(parse_faults(str(argument)))
        else:
            raise CallError(f"An order is one of {', '.join(_ORDERS)} (received {order!r}).")

    def _change(self, photo_id: object, effect: Callable[[Change], Change]) -> None:
        if not self._world.change(str(photo_id), effect):
            raise CallError(f"There is no such photo in this sandbox (received {photo_id!r}).")


def _photo_and_license(argument: Any) -> tuple[str, int]:
    try:
        photo_id, number = argument
        return str(photo_id), int(number)
    except (TypeError, ValueError):
        raise CallError(
            f'A licence is changed by ["photo id", number] (received {argument!r}).'
        ) from None
