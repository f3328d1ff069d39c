"""The command line: reads the call, puts the commands together, says what went wrong."""

import os
import signal
import sys
import threading
import traceback
import warnings
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from menagerie import __version__
from menagerie.commands import (
    champions,
    dataset,
    deciding,
    deploying,
    model,
    pages,
    pipeline,
    releases,
    running,
    serving,
    verifying,
)
from menagerie.cycles import look_less_often
from menagerie.errors import MenagerieError
from menagerie.names import shown_name

_INTERRUPTED = 130
_SECONDS_TO_END = 4.0


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="menagerie")
@click.option("--debug", is_flag=True, help="Show the log, and a traceback with errors.")
@click.pass_context
def cli(context: click.Context, debug: bool) -> None:
    """Build image-classification datasets from Flickr and keep them fresh."""
    context.obj = debug


for _command in (
    *pipeline.COMMANDS,
    *dataset.COMMANDS,
    *releases.COMMANDS,
    *deciding.COMMANDS,
    *model.COMMANDS,
    *champions.COMMANDS,
    *running.COMMANDS,
    *serving.COMMANDS,
    *deploying.COMMANDS,
    *pages.COMMANDS,
    *verifying.COMMANDS,
):
    cli.add_command(_command)


def main() -> None:
    """Run the command line; ends the process with the exit code of the contract."""
    signal.signal(signal.SIGINT, _interrupt)
    look_less_often()
    debug = "--debug" in sys.argv
    if not debug:
        # Decoders warn of every damaged file; the funnel counts them.
        warnings.simplefilter("ignore")
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        _leave()
    except Exception as error:
        if debug:
            traceback.print_exc()
        sys.exit(_explain(error))


def _explain(error: Exception) -> int:
    """Say in a sentence what went wrong and return the exit code."""
    from sqlalchemy.exc import DatabaseError

    from menagerie.catalog.database import home_error
    from menagerie.settings import load_settings

    if isinstance(error, DatabaseError | OSError):
        settings, path = load_settings(), getattr(error, "filename", None)
        if path is not None and Path(str(path)).absolute().is_relative_to(
            settings.datasets.absolute()
        ):
            error = home_error(error, settings.datasets, "MENAGERIE_DATASETS")
        else:
            error = home_error(error, settings.home)
    if isinstance(error, MenagerieError):
        say(f"Error: {error}")
        return error.exit_code
    say(
        f"Error: {type(error).__name__}: {error}. This is a fault of menagerie; run the command"
        " with --debug before its name and report what it shows."
    )
    return 1


def say(sentence: str) -> None:
    """Print a sentence on standard error."""
    click.echo(shown_name(sentence), err=True)


def _leave() -> NoReturn:
    say("Interrupted. What was finished is kept; run the same command to go on.")
    os._exit(_INTERRUPTED)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """End within seconds whatever runs in other threads; all of it can be killed safely."""
    timer = threading.Timer(_SECONDS_TO_END, _leave)
    timer.daemon = True
    timer.start()
    raise KeyboardInterrupt
