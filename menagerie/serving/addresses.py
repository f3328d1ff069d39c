"""Photos by the address that somebody gives: of a page of Flickr, or of a picture itself.

The only hosts that are asked are Flickr's API and those of MENAGERIE_PHOTO_HOSTS.
"""

from collections.abc import Callable

from menagerie.curation.reasons import Reason
from menagerie.errors import FlickrError, PhotoError
from menagerie.flickr.addresses import PAGE_HOSTS, SHORT_HOST, photo_id_of
from menagerie.flickr.client import Budget, FlickrClient
from menagerie.flickr.parsers import parse_sizes
from menagerie.flickr.refusals import NOT_FOUND, PRIVATE
from menagerie.flickr.renditions import by_preference
from menagerie.photos.remote import RemotePhotos
from menagerie.retry import Patience
from menagerie.settings import Settings

_ADDRESS_CHARACTERS = 2000
# Large enough for every network, and no more bytes than that needs.
_SHORT_EDGE_PX = 320
_TRANSFER_SECONDS = 20.0
_PATIENCE = Patience(attempts=3, connect_attempts=2, refusals=1, asking_seconds=_TRANSFER_SECONDS)


class AddressedPhotos:
    """Reads photos by address. Threads may share it.

    `budget` gives what calls of the API with a key are taken from.
    """

    def __init__(self, settings: Settings, budget: Callable[[str], Budget]) -> None:
        self._settings, self._budget = settings, budget

    @property
    def knows_pages(self) -> bool:
        """Whether pages of Flickr can be resolved, which takes an API key."""
        key = self._settings.flickr_api_key
        return key is not None and bool(key.get_secret_value())

    def read(self, address: str) -> bytes:
        """Read a photo's bytes.

        Raises:
            PhotoError: the address is none, its host may not be asked, or does not give it.
            FlickrError: the API does not answer, or its calls of this hour are spent.
        """
        if len(address) > _ADDRESS_CHARACTERS:
            raise PhotoError(Reason.REFUSED, f"is longer than {_ADDRESS_CHARACTERS:,} characters")
        photo_id = photo_id_of(address)
        if photo_id is not None:
            return self._fetch(self._picture_of(photo_id))
        host = address.partition("://")[2].partition("/")[0].lower()
        if host in {*PAGE_HOSTS, SHORT_HOST}:
            raise PhotoError(
                Reason.REFUSED,
                "is no photo's page: such an address looks like"
                " https://www.flickr.com/photos/OWNER/NUMBER",
            )
        return self._fetch(address)

    def _fetch(self, url: str) -> bytes:
        # Connections and what is known of a host's pace are not kept: a server that lives for
        # weeks would keep its memory of an outage.
        settings = self._settings
        with RemotePhotos(settings.photo_hosts, settings.user_agent, _TRANSFER_SECONDS) as remote:
            return remote.read(url)

    def _picture_of(self, photo_id: str) -> str:
        """Ask the API where a picture of a photo lies."""
        if not self.knows_pages:
            raise PhotoError(
                Reason.REFUSED,
                "is a page, which takes a key of the Flickr API (FLICKR_API_KEY) to find its"
                " picture. Without one, give the picture's own address, such as"
                " https://live.staticflickr.com/…: on the page, open the picture in a new tab",
            )
        key = self._settings.flickr_api_key
        assert key is not None
        budget = _Impatient(self._budget(key.get_secret_value()))
        client = FlickrClient(self._settings, _PATIENCE, budget)
        try:
            sizes = client.call("photos.getSizes", parse_sizes, photo_id=photo_id)
        except FlickrError as error:
            if error.code not in {NOT_FOUND, PRIVATE}:
                raise
            raise PhotoError(Reason.GONE, "shows a photo that is deleted or private") from None
        finally:
            client.close()
        if not sizes:
            raise PhotoError(Reason.NO_RENDITION, "shows no photo that Flickr offers a file of")
        return by_preference(sizes, _SHORT_EDGE_PX)[0].url


class _Impatient:
    """A budget that refuses instead of letting somebody wait for the next hour."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def spend(self) -> float:
        """Take a call, or say that there is none left."""
        seconds = self._budget.spend()
        if seconds > 0:
            raise FlickrError(
                "This hour's calls of the Flickr API are spent. Try again in"
                f" {seconds / 60:.0f} minutes, or give the picture's own address."
            )
        return 0.0
