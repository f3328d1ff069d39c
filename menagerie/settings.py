"""Where things are and who asks: read from the environment, once, by whoever starts the work."""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from menagerie import __version__
from menagerie.errors import SettingsError

FLICKR_REST_URL = "https://www.flickr.com/services/rest/"
OPENVERSE_URL = "https://api.openverse.org/v1/"
_HOST = re.compile(r"(?:[a-z0-9*][a-z0-9*.-]*|\[[0-9a-f:]+\])(?::(?P<port>\d{1,5}))?")
_SCHEDULER = re.compile(r"(?:tcp|tls)://(?:[A-Za-z0-9.-]+|\[[0-9a-f:]+\]):\d{1,5}")
FLICKR_PHOTO_HOSTS = "live.staticflickr.com,farm*.staticflickr.com"


class Settings(BaseSettings):
    """One typed view of the environment; nothing else in the program reads it."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    home: Path = Field(
        Path(".menagerie"),
        validation_alias="MENAGERIE_HOME",
        description="Folder of the catalog, the photo store and the tiles.",
    )
    datasets: Path = Field(
        Path("datasets"),
        validation_alias="MENAGERIE_DATASETS",
        description="Folder with one sub-folder a dataset: recipe, releases, models.",
    )
    catalog_url: str | None = Field(
        None,
        validation_alias="MENAGERIE_CATALOG_URL",
        description="SQLAlchemy URL of the catalog; SQLite in the home by default.",
    )
    store_url: str | None = Field(
        None,
        validation_alias="MENAGERIE_STORE_URL",
        description="URL of the store of photos, tiles, embeddings and releases, such as"
        " s3://bucket/prefix; or a folder for photos alone.",
    )
    flickr_api_key: SecretStr | None = Field(
        None, validation_alias="FLICKR_API_KEY", description="Key of the Flickr API."
    )
    flickr_api_secret: SecretStr | None = Field(
        None,
        validation_alias="FLICKR_API_SECRET",
        description="Secret of the Flickr API; public searches work without it.",
    )
    flickr_url: str = Field(
        FLICKR_REST_URL,
        validation_alias="MENAGERIE_FLICKR_URL",
        description="REST endpoint of the Flickr API.",
    )
    openverse_url: str = Field(
        OPENVERSE_URL,
        validation_alias="MENAGERIE_OPENVERSE_URL",
        description="Address of the Openverse API.",
    )
    photo_hosts: str = Field(
        FLICKR_PHOTO_HOSTS,
        validation_alias="MENAGERIE_PHOTO_HOSTS",
        description="Comma list of `host` or `host:port` that photos may be fetched from; "
        "`*` stands for digits. Plain http only to loopback.",
    )
    contact: str | None = Field(
        None,
        validation_alias="MENAGERIE_CONTACT",
        pattern=r"^[!-~]{1,200}$",
        description="Address of the project or of whoever runs it, told to every server that is "
        "asked.",
    )
    runner: str = Field(
        "threads",
        validation_alias="MENAGERIE_RUNNER",
        description="What runs the tasks: `threads`, `dask` for processes of this machine, or the"
        " address of a Dask scheduler, such as tcp://10.0.0.7:8786.",
    )

    webhook_url: SecretStr | None = Field(
        None,
        validation_alias="MENAGERIE_WEBHOOK_URL",
        description="Address that `menagerie deploy` has failures and new releases posted to.",
    )

    pages_url: str = Field(
        "http://127.0.0.1:8750",
        validation_alias="MENAGERIE_PAGES_URL",
        description="Where the pages are, for links to them from Prefect's.",
    )

    web_token: SecretStr | None = Field(
        None,
        validation_alias="MENAGERIE_WEB_TOKEN",
        description="Token that the pages ask for; needed where others can reach them.",
    )

    @field_validator("runner")
    @classmethod
    def _known_runner(cls, runner: str) -> str:
        if runner not in {"threads", "dask"} and not _SCHEDULER.fullmatch(runner):
            raise ValueError(
                "must be `threads`, `dask`, or a Dask scheduler's address, tcp://host:port"
            )
        return runner

    @field_validator("photo_hosts")
    @classmethod
    def _hosts(cls, hosts: str) -> str:
        for host in hosts.split(","):
            found = _HOST.fullmatch(host.strip().lower())
            if found is None or int(found["port"] or 0) > 65_535:
                raise ValueError("must be a comma list of `host` or `host:port`")
        return hosts

    @model_validator(mode="after")
    def _endpoints_are_http(self) -> Self:
        _refuse_endpoint("MENAGERIE_FLICKR_URL", self.flickr_url)
        _refuse_endpoint("MENAGERIE_OPENVERSE_URL", self.openverse_url)
        if self.webhook_url is not None:
            # It holds a secret, which is told to nobody, nor sent in the clear.
            _refuse_endpoint("MENAGERIE_WEBHOOK_URL", self.webhook_url.get_secret_value(), "***")
        return self

    @property
    def source(self) -> str:
        """Whose photos these are: `flickr`, or `sandbox` with the universe that its address names.

        Photos of different sources are never mixed.
        """
        return _whose(self.flickr_url, FLICKR_REST_URL)

    @property
    def openverse_source(self) -> str:
        """Whose photos Openverse finds: Flickr's as well, or those of a sandbox."""
        return _whose(self.openverse_url, OPENVERSE_URL)

    @property
    def user_agent(self) -> str:
        """How this program introduces itself: what it is, which version, and whom to write to."""
        contact = f"; +{self.contact}" if self.contact else ""
        return f"menagerie/{__version__} (image dataset builder{contact})"

    def refuse_anonymous(self, address: str) -> None:
        """Refuse to crawl somebody's server without telling whom to write to.

        Raises:
            SettingsError: the address is not this machine's, and no contact is set.
        """
        host = urlsplit(address).hostname or ""
        if self.contact is None and not is_loopback(host):
            raise SettingsError(
                f"{host} should know whom to write to before it has to block you, and"
                " MENAGERIE_CONTACT is not set. Set it to the address of your project: a page, or"
                " one for mail. It stands in the User-Agent of every request, and nowhere else."
            )

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the catalog."""
        return self.catalog_url or f"sqlite:///{(self.home / 'catalog.db').absolute()}"

    @property
    def photo_store_url(self) -> str:
        """URL or path, as fsspec takes it, of the photo store."""
        if self.shared_url is not None:
            return f"{self.shared_url}/photos"
        return self.store_url or str((self.home / "photos").absolute())

    @property
    def shared_url(self) -> str | None:
        """URL of the store that machines share; None where the store is a folder by its path."""
        is_url = self.store_url is not None and "://" in self.store_url
        return self.store_url.rstrip("/") if self.store_url and is_url else None

    @property
    def blocks_root(self) -> Path | str:
        """Where tiles and embeddings lie: the home, or the URL of the store that is shared."""
        return self.shared_url or self.home.absolute()

    def dataset_dir(self, name: str) -> Path:
        """Folder of one dataset."""
        return self.datasets / name


def _refuse_endpoint(name: str, address: str, shown: str | None = None) -> None:
    try:
        url = urlsplit(address)
        usable = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"{name} must be an http(s) address: {shown or address}")
    if url.scheme == "http" and not is_loopback(url.hostname or ""):
        raise ValueError(f"{name} may be plain http only on loopback: {shown or address}")


def _whose(address: str, official: str) -> str:
    url = urlsplit(address)
    if url.hostname == urlsplit(official).hostname:
        return "flickr"
    universe = re.search(r"(?:^|&)universe=([a-z0-9]{1,12})(?:&|$)", url.query)
    return f"sandbox-{universe[1]}" if universe else "sandbox"


def is_loopback(host: str) -> bool:
    """Tell whether a host name is this machine's loopback, without asking a resolver."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def load_settings() -> Settings:
    """Read the environment.

    Raises:
        SettingsError: a variable has a value that cannot be used.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        # What a rule over several settings received is all of them, the key included.
        received = f" (received {first['input']!r:.80})" if where else ""
        raise SettingsError(
            f"The environment cannot be used: {where} {message}{received}. Correct that variable."
        ) from None
