"""Who may use the pages: under which names they are reached, and by which token."""

import hashlib
import hmac
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from menagerie.errors import CallError, SettingsError
from menagerie.settings import is_loopback

SHORTEST_TOKEN = 16
"""So many characters a token has at least."""


@dataclass(frozen=True, slots=True)
class Access:
    """Where the pages listen, and who may ask for them.

    `names` are further host names under which they are reached. Without a `token` whoever
    reaches them may use them; that is for loopback alone. `is_https` says that whoever stands
    in front of them speaks https.
    """

    host: str = "127.0.0.1"
    token: SecretStr | None = None
    names: tuple[str, ...] = ()
    is_https: bool = False

    def admits_host(self, header: str) -> bool:
        """Tell whether a `Host` header names this server.

        A page of somebody else can let its own name point here, and its scripts would then read
        ours as their own. It cannot do so with an address, nor with `localhost`.
        """
        name = _hostname(header)
        if name is None:
            return False
        if name in self.names or name == self.host.lower() or is_loopback(name):
            return True
        return not is_loopback(self.host) and _is_address(name)

    def admits_token(self, received: str) -> bool:
        """Tell whether a token is the right one, in a time that tells nothing of it."""
        if self.token is None:
            return True
        known = self.token.get_secret_value().encode()
        return hmac.compare_digest(_digest(known), _digest(received.encode("utf-8", "replace")))

    def cookie_key(self) -> bytes:
        """Return the key that cookies are signed with: another token makes old ones worthless."""
        token = self.token.get_secret_value() if self.token else ""
        return hmac.digest(token.encode(), b"menagerie web cookie", "sha256")


def _digest(text: bytes) -> bytes:
    # Of equal length whatever the length of what was received.
    return hashlib.sha256(text).digest()


def _hostname(header: str) -> str | None:
    try:
        url = urlsplit(f"//{header}")
        _ = url.port
    except ValueError:
        return None
    bare = url.path or url.query or url.fragment or "@" in header
    return None if bare or not url.hostname else url.hostname.lower().rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def open_access(
    host: str,
    token_file: Path | None,
    token: SecretStr | None,
    names: tuple[str, ...] = (),
    *,
    is_https: bool = False,
) -> Access:
    """Return who may use the pages of an address.

    Raises:
        CallError: the address is not loopback's and there is no token, or none that can be used.
    """
    chosen = _read_token(token_file) if token_file is not None else token
    if chosen is not None and len(chosen.get_secret_value()) < SHORTEST_TOKEN:
        raise SettingsError(
            f"The token must have at least {SHORTEST_TOKEN} characters (received"
            f" {len(chosen.get_secret_value())}). `openssl rand -hex 32` prints a good one."
        )
    if chosen is None and not is_loopback(host):
        raise CallError(
            f"Whoever reaches {host} could use the pages: give a token, by --token-file FILE or"
            " MENAGERIE_WEB_TOKEN, or leave --host out. `openssl rand -hex 32` prints a token."
        )
    return Access(host, chosen, tuple(name.lower() for name in names), is_https)


def _read_token(file: Path) -> SecretStr:
    try:
        return SecretStr(file.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise CallError(
            f"The token cannot be read: {error}. Name a file that holds a token (received {file})."
        ) from None
