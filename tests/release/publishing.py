"""Publishes a release whenever it is told to, each time in a process that can be killed.

A line on standard input begins one and is answered with its process id; the next line waits for
its end and is answered with its status. Forking after everything is imported makes a try cost
less than a second.
"""

import os
import sys

from menagerie.recipe import load_recipe
from menagerie.release.publish import publish_release
from menagerie.workshop import open_workshop


def publish() -> None:
    """Publish the dataset of the settings in force."""
    with open_workshop() as shop:
        settings = shop.settings
        recipe = load_recipe(settings.datasets, "animals")
        publish_release(shop.catalog, recipe, settings.dataset_dir("animals"), settings.home)


def main() -> None:
    """Fork for each line."""
    while sys.stdin.readline():
        pid = os.fork()
        if pid == 0:
            publish()
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        # Until then its id is nobody else's, even if it has ended.
        sys.stdin.readline()
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
