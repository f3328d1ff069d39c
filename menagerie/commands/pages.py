"""The pages: review photos, try the classifier."""

import sys
from pathlib import Path

import click

from menagerie.commands.common import recipe_of

PORT = 8750


@click.command()
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; any but loopback needs a token.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT,
    show_default=True,
    help="Port to listen on; 0 is any that is free.",
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Ask everybody for the token that this file holds.",
)
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="HOST",
    help="A host name under which the pages are reached. Repeat it.",
)
@click.option("--https", is_flag=True, help="Whoever stands in front speaks https.")
@click.option(
    "--threads",
    type=click.IntRange(1, 256),
    default=64,
    show_default=True,
    help="How many requests are answered at a time.",
)
def web(
    host: str,
    port: int,
    token_file: Path | None,
    names: tuple[str, ...],
    https: bool,
    threads: int,
) -> None:
    """Serve the pages: review photos, try the classifier."""
    from menagerie.settings import load_settings
    from menagerie.web.access import open_access
    from menagerie.web.app import create_app, warmed
    from menagerie.web.server import serve
    from menagerie.workshop import open_workshop

    token = load_settings().web_token
    access = open_access(host, token_file, token, names, is_https=https)
    with open_workshop() as shop:
        app = create_app(shop, access)
        with warmed(app):
            serve(
                app,
                host,
                port,
                lambda url: click.echo(f"The pages are at {url}"),
                threads=threads,
                is_https=https,
            )


@click.command()
@click.argument("name")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT,
    show_default=True,
    help="Port to listen on; 0 is any that is free.",
)
def review(name: str, port: int) -> None:
    """Open the review pages of a dataset, and serve them where nobody does yet."""
    from menagerie.web.app import create_app, warmed
    from menagerie.web.finding import pages_of_home
    from menagerie.web.server import serve
    from menagerie.workshop import open_workshop

    recipe = recipe_of(name)
    with open_workshop() as shop:
        served = pages_of_home(port, shop.settings.home)
        if served is not None:
            _open(f"{served}/datasets/{recipe.name}/review")
            return
        app = create_app(shop)
        with warmed(app):
            serve(app, "127.0.0.1", port, lambda url: _open(f"{url}/datasets/{name}/review"))


def _open(address: str) -> None:
    """Print where the pages are, and show them to who sits at a terminal."""
    click.echo(f"Review photos at {address}")
    if sys.stdout.isatty():
        click.launch(address)


COMMANDS = (web, review)
