"""Which model is in use: list them, promote one, go back to the former."""

import click

from menagerie.commands.common import console, print_json, recipe_of


@click.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def models(name: str, as_json: bool) -> None:
    """List the models, the newest first, and how good they are."""
    from menagerie.catalog.history import model_times
    from menagerie.display_models import show_models
    from menagerie.learning.listing import list_models
    from menagerie.workshop import open_workshop

    recipe = recipe_of(name)
    with open_workshop() as shop:
        folder = shop.settings.dataset_dir(recipe.name)
        entries = list_models(folder, model_times(shop.catalog, recipe.name))
    if as_json:
        listed = [entry.to_json() for entry in entries]
        print_json({"dataset": recipe.name, "models": listed})
    else:
        show_models(console(), recipe.name, entries)


@click.command()
@click.argument("name")
@click.argument("model", metavar="MODEL")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with the change.")
def promote(name: str, model: str, reason: str) -> None:
    """Make a model the champion, whatever the recipe's rule says of it."""
    from menagerie.learning.champions import crown
    from menagerie.learning.listing import choose_model
    from menagerie.locking import exclusive
    from menagerie.settings import load_settings

    settings = load_settings()
    folder = settings.dataset_dir(recipe_of(name).name)
    chosen = choose_model(folder, model)
    with exclusive(settings.home, folder, "promote"):
        former = crown(folder, chosen, "person", reason)
    if former == chosen:
        click.echo(f"{chosen} is the champion of {name} already.")
    else:
        click.echo(f"{chosen} is now the champion of {name}; it was {former or 'none'}.")


@click.command()
@click.argument("name")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with the change.")
def rollback(name: str, reason: str) -> None:
    """Make the former champion the champion again."""
    from menagerie.learning.champions import roll_back
    from menagerie.locking import exclusive
    from menagerie.settings import load_settings

    settings = load_settings()
    folder = settings.dataset_dir(recipe_of(name).name)
    with exclusive(settings.home, folder, "rollback"):
        champion, former = roll_back(folder, reason)
    click.echo(f"{champion} is the champion of {name} again; it was {former or 'none'}.")


COMMANDS = (models, promote, rollback)
