"""Links from what Prefect shows to the pages of `menagerie web`, which may be elsewhere."""

from menagerie.settings import load_settings


def review_link(dataset: str) -> str:
    """Return a link, in Markdown, to where a dataset's doubtful photos are looked at."""
    return _link("Look at what is doubtful", f"datasets/{dataset}/review")


def report_link(dataset: str, kind: str, name: str) -> str:
    """Return a link, in Markdown, to the report of one of the `releases` or `models`."""
    return _link("Its report", f"datasets/{dataset}/{kind}/{name}/report")


def _link(text: str, path: str) -> str:
    return f"[{text}]({load_settings().pages_url.rstrip('/')}/{path})"
