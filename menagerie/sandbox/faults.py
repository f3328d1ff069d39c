"""Faults on demand: which request fails, and how, is a pure function of what is asked."""

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

from menagerie.errors import CallError
from menagerie.sandbox.hashing import Draws

Side = Literal["rest", "photo", "openverse"]

_EVERYWHERE = frozenset[Side]({"rest", "photo", "openverse"})

KINDS: dict[str, frozenset[Side]] = {
    "429": _EVERYWHERE,
    "429-retry-after": _EVERYWHERE,
    "500": _EVERYWHERE,
    "502": _EVERYWHERE,
    "503": _EVERYWHERE,
    "slow": _EVERYWHERE,
    "drop": _EVERYWHERE,
    "html": frozenset({"rest", "openverse"}),
    "105": frozenset({"rest"}),
    "content-type": frozenset({"photo"}),
}
"""Every kind of fault that `all` means, and which hosts show it."""

QUIRKS: dict[str, frozenset[Side]] = {
    "0": frozenset({"rest"}),
    "10": frozenset({"rest"}),
    "106": frozenset({"rest"}),
    "201": frozenset({"rest"}),
    "ignored-license": frozenset({"rest"}),
    "ignored-media": frozenset({"rest"}),
    "ignored-dates": frozenset({"rest"}),
    "offset": frozenset({"rest"}),
    "int-total": frozenset({"rest"}),
    "redirect": frozenset({"photo"}),
    "placeholder-elsewhere": frozenset({"photo"}),
    "restricted": frozenset({"photo"}),
}
"""What happens when it is named alone, and not by `all`: rarer errors, and good-looking answers."""

_API_ERRORS = frozenset({"0", "10", "105", "106", "201"})
_LASTING = frozenset({"restricted"})  # it is the same however often one asks
_SETTINGS = ("seed", "slow-seconds", "retry-after")
_LIMITS = ("photo-rate", "photo-rate-retry-after", "openverse-minute", "openverse-day")
_REMEMBERED = 200_000


@dataclass(frozen=True, slots=True)
class Faults:
    """How often each kind of fault happens, and what the faults look like."""

    rates: dict[str, float] = field(default_factory=dict)
    seed: int = 0
    slow_seconds: float = 2.0
    retry_after_seconds: int = 1
    limits: dict[str, int] = field(default_factory=dict)
    spec: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request: how it is answered late, and how it fails."""

    slow: bool = False
    kind: str | None = None
    quirks: frozenset[str] = frozenset()

    @property
    def api_code(self) -> int | None:
        """The API's error, where that is the fault."""
        return int(self.kind) if self.kind in _API_ERRORS else None


def parse_faults(spec: str) -> Faults:
    """Parse `kind=rate,…`; `all=RATE` or a bare rate stands for every kind.

    `seed=N`, `slow-seconds=S` and `retry-after=S` say more about them. A kind that is named
    outranks `all`, and quirks happen only where they are named. `photo-rate=N` and the like
    bound how many requests a host answers.

    Raises:
        CallError: an unknown kind, or a rate that is not in 0..1.
    """
    entries = [entry.strip() for entry in spec.split(",") if entry.strip()]
    pairs = [("all", entry) if "=" not in entry else _pair(entry) for entry in entries]
    named = dict(pairs)
    rates: dict[str, float] = {}
    if "all" in named:
        rates = dict.fromkeys(KINDS, _rate("all", named["all"]))
    for name, text in pairs:
        if name in KINDS or name in QUIRKS:
            rates[name] = _rate(name, text)
        elif name not in (*_SETTINGS, *_LIMITS, "all"):
            known = (*KINDS, *QUIRKS, "all", *_SETTINGS, *_LIMITS)
            raise CallError(f"A fault must be one of {', '.join(known)} (received {name!r}).")
    return Faults(
        {kind: rate for kind, rate in rates.items() if rate > 0},
        int(_number("seed", named.get("seed", "0"))),
        _number("slow-seconds", named.get("slow-seconds", "2")),
        int(_number("retry-after", named.get("retry-after", "1"))),
        {name: int(_number(name, named[name])) for name in _LIMITS if name in named},
        spec,
    )


def _pair(entry: str) -> tuple[str, str]:
    name, _, text = entry.partition("=")
    return name.strip(), text.strip()


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < 2**53:
        raise CallError(f"The fault setting {name} must be a number from 0 (received {text!r}).")
    return number


def _rate(name: str, text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        raise CallError(
            f"The rate of the fault {name} must be a number from 0 to 1 (received {text!r});"
            f" the kinds are {', '.join((*KINDS, *QUIRKS))}."
        )
    return rate


class Mischief:
    """Decides for each request whether it fails, and counts what it did.

    A request is drawn anew each time it is repeated, so that a retry can succeed, and two
    servers with the same faults fail the same requests in the same way.
    """

    def __init__(self, faults: Faults) -> None:
        self._lock = Lock()
        self._restart(faults)

    def _restart(self, faults: Faults) -> None:
        self._faults = faults
        self._times_asked: OrderedDict[str, int] = OrderedDict()
        self._done: Counter[str] = Counter()

    @property
    def faults(self) -> Faults:
        """The faults in force."""
        return self._faults

    @property
    def done(self) -> dict[str, int]:
        """How many faults of each kind there were."""
        with self._lock:
            return dict(self._done)

    def replace(self, faults: Faults) -> None:
        """Put other faults in force; requests are counted from the start again."""
        with self._lock:
            self._restart(faults)

    def strike(self, side: Side, identity: str) -> Fault:
        """Decide how the request `identity` fails this time."""
        if not self._faults.rates:
            return Fault()
        with self._lock:
            times = self._times_asked.pop(identity, 0)
            self._times_asked[identity] = times + 1
            if len(self._times_asked) > _REMEMBERED:
                self._times_asked.popitem(last=False)
            fault = draw_fault(self._faults, side, identity, times)
            self._done.update(fault.quirks)
            self._done.update(kind for kind in (fault.kind, "slow" if fault.slow else None) if kind)
        return fault


def draw_fault(faults: Faults, side: Side, identity: str, times_before: int) -> Fault:
    """Draw each kind by itself; of several that hit, one is taken, and slowness adds to it."""
    again = Draws(f"fault/{faults.seed}/{side}/{identity}/{times_before}")
    for_good = Draws(f"fault/{faults.seed}/{side}/{identity}")
    hits = [
        kind
        for kind, rate in faults.rates.items()
        if side in (KINDS.get(kind) or QUIRKS[kind])
        and (for_good if kind in _LASTING else again).unit(kind) < rate
    ]
    failures = [kind for kind in hits if kind in _API_ERRORS or (kind in KINDS and kind != "slow")]
    return Fault(
        "slow" in hits,
        again.pick("which", failures) if failures else None,
        frozenset(hits).intersection(QUIRKS).difference(_API_ERRORS),
    )
