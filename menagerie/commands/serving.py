"""Servers that run until they are ended."""

import hashlib
from pathlib import Path

import click


@click.command()
@click.option(
    "--photos",
    type=click.Path(path_type=Path),
    help="Serve these photos, one sub-folder a keyword, instead of drawn ones.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True)
@click.option(
    "--size",
    type=click.IntRange(1),
    default=240,
    show_default=True,
    help="Drawn photos of each keyword.",
)
@click.option("--seed", type=int, default=7, show_default=True, help="Seed of the drawn photos.")
@click.option("--faults", default="", help="Faults and their rates: see docs/sandbox.md.")
@click.option("--with-parent", is_flag=True, help="End when standard input closes.")
def sandbox(
    photos: Path | None, port: int, size: int, seed: int, faults: str, with_parent: bool
) -> None:
    """Serve a stand-in for Flickr: its API and its photo host, with its quirks."""
    from menagerie.lifeline import end_with_parent
    from menagerie.sandbox.drawn import drawn_universe
    from menagerie.sandbox.faults import parse_faults
    from menagerie.sandbox.folder import folder_universe
    from menagerie.sandbox.server import serve

    if with_parent:
        end_with_parent()
    universe = folder_universe(photos) if photos else drawn_universe(size, seed)
    folder = hashlib.sha256(str(photos.resolve()).encode()).hexdigest() if photos else ""
    name = folder[:12] or f"drawn{size}x{seed}"[:12]

    def announce(url: str) -> None:
        endpoint = f"{url}/services/rest/?universe={name}"
        click.echo(f"Flickr sandbox ready: {endpoint}")
        click.echo(f"export MENAGERIE_FLICKR_URL='{endpoint}'")
        click.echo(f"export MENAGERIE_OPENVERSE_URL='{url}/v1/?universe={name}'")
        click.echo(f"export MENAGERIE_PHOTO_HOSTS={url.removeprefix('http://')}")
        click.echo(f"export FLICKR_API_KEY={'0123456789abcdef' * 2}")

    serve(universe, port, parse_faults(faults), None, announce)


COMMANDS = (sandbox,)
