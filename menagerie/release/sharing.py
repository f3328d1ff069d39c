"""Releases in the store that machines share: put there once they are published, fetched from it.

`datasets/NAME/releases/ID/` holds the files of a release, and `datasets/NAME/current` the id of
the one in use. The checksums of a release arrive last: without them it is not there.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import fsspec

from menagerie.errors import CallError, ReleaseError
from menagerie.folders import point
from menagerie.release.current import CHECKSUMS
from menagerie.release.sealing import is_whole, put_in_place, unfinished_folder
from menagerie.settings import Settings

_AT_ONCE = 4


class SharedReleases:
    """The releases of one dataset in a store by its URL."""

    def __init__(self, url: str, dataset: str) -> None:
        filesystem, root = fsspec.core.url_to_fs(f"{url}/datasets/{dataset}")
        # Others write there: what was listed a moment ago may be old.
        filesystem.invalidate_cache()
        self._filesystem: Any = filesystem
        self._root: str = root

    def share(self, release: Path) -> None:
        """Put a whole release into the store, unless it is there."""
        place = self._place(release.name)
        if self._filesystem.exists(f"{place}/{CHECKSUMS}"):
            return
        self._filesystem.makedirs(place, exist_ok=True)
        names = [file.name for file in release.iterdir() if file.name != CHECKSUMS]

        def put(name: str) -> None:
            self._filesystem.put_file(str(release / name), f"{place}/{name}")

        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="share") as threads:
            list(threads.map(put, names))
        put(CHECKSUMS)

    def point(self, release_id: str) -> None:
        """Let the store's `current` name a release."""
        self._filesystem.pipe_file(f"{self._root}/current", release_id.encode())

    def current(self) -> str | None:
        """Return the id of the release in use; None before the first."""
        try:
            named: str = self._filesystem.cat_file(f"{self._root}/current").decode()
        except FileNotFoundError:
            return None
        return named or None

    def ids(self) -> set[str]:
        """Return the ids of the releases that are there whole."""
        folder = f"{self._root}/releases"
        if not self._filesystem.exists(folder):
            return set()
        files = [path.rsplit("/", 2) for path in self._filesystem.find(folder)]
        return {release_id for _, release_id, name in files if name == CHECKSUMS}

    def fetch(self, release_id: str, dataset_dir: Path) -> None:
        """Copy a release to this machine, whole or not at all, unless it is here.

        Raises:
            ReleaseError: the store does not have it whole.
        """
        releases = dataset_dir / "releases"
        if (releases / release_id / CHECKSUMS).is_file():
            return
        with unfinished_folder(releases) as folder:
            # Its checksums speak for the name of its folder as well.
            building = folder / release_id
            building.mkdir()
            place = self._place(release_id)
            for path in self._filesystem.find(place):
                self._filesystem.get_file(path, str(building / path.rpartition("/")[2]))
            if not is_whole(building):
                raise ReleaseError(
                    f"The store does not have the release {release_id} of {dataset_dir.name} whole"
                    f" (received {len(list(building.iterdir()))} files from {place}). Run"
                    f" `menagerie release {dataset_dir.name}` where it was made."
                )
            put_in_place(building, releases / release_id)

    def remove(self, release_id: str) -> None:
        """Remove a release for good; without its checksums it is not there any more."""
        place = self._place(release_id)
        if self._filesystem.exists(f"{place}/{CHECKSUMS}"):
            self._filesystem.rm_file(f"{place}/{CHECKSUMS}")
        if self._filesystem.exists(place):
            self._filesystem.rm(place, recursive=True)

    def withdraw(self) -> None:
        """Let `current` name none."""
        if self.current() is not None:
            self._filesystem.rm_file(f"{self._root}/current")

    def _place(self, release_id: str) -> str:
        return f"{self._root}/releases/{release_id}"


def share_release(settings: Settings, release: Path) -> None:
    """Put a published release into the shared store, if there is one, and make it current there."""
    if settings.shared_url is not None:
        shared = SharedReleases(settings.shared_url, release.parent.parent.name)
        shared.share(release)
        shared.point(release.name)


def unshare_releases(settings: Settings, dataset: str, release_ids: Iterable[str]) -> None:
    """Remove releases from the shared store, if there is one."""
    if settings.shared_url is not None:
        shared = SharedReleases(settings.shared_url, dataset)
        for release_id in release_ids:
            shared.remove(release_id)


def bring_release(settings: Settings, dataset: str, release_id: str = "current") -> None:
    """Fetch a release that only the shared store has; `current` follows that of the store."""
    if settings.shared_url is None:
        return
    shared, folder = SharedReleases(settings.shared_url, dataset), settings.dataset_dir(dataset)
    if release_id != "current":
        if release_id in shared.ids():
            shared.fetch(release_id, folder)
        return
    current = shared.current()
    if current is not None:
        shared.fetch(current, folder)
        point(folder / "current", Path("releases") / current)


def bring_all(settings: Settings) -> None:
    """Fetch every release that only the shared store has: each may hold what is to be forgotten.

    Raises:
        CallError: the store holds releases of a dataset that is not known here.
    """
    if settings.shared_url is None:
        return
    filesystem, root = fsspec.core.url_to_fs(f"{settings.shared_url}/datasets")
    filesystem.invalidate_cache()
    paths = filesystem.find(root) if filesystem.exists(root) else []
    for dataset in sorted({path[len(root) :].split("/")[1] for path in paths}):
        folder = settings.dataset_dir(dataset)
        if not (folder / "recipe.toml").is_file():
            raise CallError(
                f"The store holds releases of {dataset}, and there is no {folder / 'recipe.toml'}."
                " Forget where the recipes of all datasets are; nothing was changed."
            )
        shared = SharedReleases(settings.shared_url, dataset)
        for release_id in sorted(shared.ids()):
            shared.fetch(release_id, folder)


def share_replaced(settings: Settings, dataset: str, former: str, successor: str | None) -> None:
    """Do to the shared store, if there is one, what forgetting did to a release here."""
    if settings.shared_url is None:
        return
    shared = SharedReleases(settings.shared_url, dataset)
    if successor is not None:
        shared.share(settings.dataset_dir(dataset) / "releases" / successor)
    if shared.current() == former:
        if successor is None:
            shared.withdraw()
        else:
            shared.point(successor)
    shared.remove(former)
