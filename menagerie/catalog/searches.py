"""How far crawls have come: searches, and the windows of upload dates they were cut into."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, func, select, update

from menagerie.catalog.database import Catalog, upsert
from menagerie.catalog.photos import asked_for
from menagerie.catalog.tables import photos, searches, sightings, windows
from menagerie.flickr.windows import BEGAN, Window
from menagerie.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the crawl of a search stands; times and upload dates in unix seconds.

    `started_at` and `reached` are those of a crawl that was cut off, `covered_until` that of
    the last one that came to its end. Where a source has pages and no dates, `reached` is one.
    """

    estimate: int
    started_at: int | None
    reached: int | None
    covered_until: int | None


class Journal:
    """What the catalog knows of the crawls of one search.

    `query` is a hash of what is asked besides the keyword.
    """

    def __init__(self, catalog: Catalog, source: str, query: str, keyword: str) -> None:
        self._catalog = catalog
        self._key = {"source": source, "query": query, "keyword": keyword}

    def read(self) -> Progress | None:
        """Return where the crawl stands; None before the first."""
        with self._catalog.begin() as connection:
            row = connection.execute(select(searches).where(self._of(searches))).one_or_none()
        if row is None:
            return None
        return Progress(row.estimate, row.started_at, row.reached, row.covered_until)

    def begin(self, estimate: int, started_at: int) -> None:
        """Note that a crawl starts, from the newest upload down."""
        row = {"estimate": estimate, "started_at": started_at, "reached": None}
        with self._catalog.begin() as connection:
            upsert(connection, searches, [{**self._key, **row}], list(row))

    def remaining(self, overlap_seconds: int, now: int | None = None) -> Window:
        """Return the upload dates that the crawl under way, or one from `now` on, has to ask for.

        What was uploaded shortly before the last crawl is asked for again: photos are indexed
        late.
        """
        progress = self.read()
        covered = progress.covered_until if progress else None
        earliest = BEGAN if covered is None else covered - overlap_seconds
        if progress is not None and progress.started_at is not None:
            top = progress.started_at if progress.reached is None else progress.reached - 1
            return Window(earliest, top)
        assert now is not None, "no crawl is under way"
        return Window(earliest, now)

    def reach(self, window: Window, total: int) -> None:
        """Note that everything in a window was asked for and recorded."""
        with self._catalog.begin() as connection:
            connection.execute(
                update(searches).where(self._of(searches)).values(reached=window.earliest)
            )
        self.remember(window, total)

    def turn(self, page: int) -> None:
        """Note that everything up to a page was asked for and recorded."""
        with self._catalog.begin() as connection:
            connection.execute(update(searches).where(self._of(searches)).values(reached=page))

    def end(self) -> None:
        """Note that the crawl under way came to its end."""
        with self._catalog.begin() as connection:
            connection.execute(
                update(searches)
                .where(self._of(searches), searches.c.started_at.is_not(None))
                .values(started_at=None, reached=None, covered_until=searches.c.started_at)
            )

    def remember(self, window: Window, total: int) -> None:
        """Keep a window and how many photos it holds, in the place of those that it overlaps."""
        with self._catalog.begin() as connection:
            connection.execute(
                delete(windows).where(
                    self._of(windows),
                    windows.c.earliest <= window.latest,
                    windows.c.latest >= window.earliest,
                )
            )
            row = {"earliest": window.earliest, "latest": window.latest, "total": total}
            connection.execute(windows.insert().values(**self._key, **row))

    def window_below(self, latest: int) -> Window | None:
        """Return the remembered window that ends at an upload date or holds it, cut off there."""
        with self._catalog.begin() as connection:
            earliest = connection.scalar(
                select(windows.c.earliest).where(
                    self._of(windows), windows.c.earliest < latest, windows.c.latest >= latest
                )
            )
        return None if earliest is None else Window(earliest, latest)

    def windows(self) -> list[tuple[Window, int]]:
        """Return the remembered windows, the newest first, and how many photos each held."""
        with self._catalog.begin() as connection:
            rows = connection.execute(
                select(windows.c.earliest, windows.c.latest, windows.c.total)
                .where(self._of(windows))
                .order_by(windows.c.latest.desc())
            )
            return [(Window(row.earliest, row.latest), row.total) for row in rows]

    def _of(self, table: object) -> ColumnElement[bool]:
        columns = table.c  # type: ignore[attr-defined]
        return and_(*(columns[name] == value for name, value in self._key.items()))


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the photos that a source says there are were found."""

    label: str
    keyword: str
    found: int
    estimated: int

    @property
    def share(self) -> float:
        """Found over estimated, at most 1: the estimate wobbles."""
        return min(1.0, self.found / self.estimated) if self.estimated else 1.0


def coverage(catalog: Catalog, recipe: Recipe, source: str, query: str) -> list[Coverage]:
    """Compare, for each keyword that was crawled, what was found with the source's estimate."""
    with catalog.begin() as connection:
        found = {
            (row.label, row.keyword): row.photos
            for row in connection.execute(
                select(sightings.c.label, sightings.c.keyword, func.count().label("photos"))
                .join(photos)
                .where(asked_for(recipe), photos.c.source == source)
                .group_by(sightings.c.label, sightings.c.keyword)
            )
        }
        estimates = {
            row.keyword: row.estimate
            for row in connection.execute(
                select(searches.c.keyword, searches.c.estimate).where(
                    searches.c.source == source, searches.c.query == query
                )
            )
        }
    return [
        Coverage(
            label,
            keyword,
            found.get((label, keyword), 0),
            min(estimates[keyword], recipe.source.photos_per_keyword),
        )
        for label, keyword in recipe.searches
        if keyword in estimates
    ]
