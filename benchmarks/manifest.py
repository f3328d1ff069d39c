"""How long a large manifest takes to check and to read, and how much memory that needs.

Usage: python benchmarks/manifest.py ROWS
"""

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from menagerie.recipe import parse_recipe
from menagerie.workshop import open_workshop

LABELS = ("monkey", "boar", "crow", "dog", "cat")
RECIPE = """
[dataset]
name = "bench"
[[classes]]
label = "crow"
keywords = ["crow"]
[[classes]]
label = "boar"
keywords = ["boar"]
[source]
kind = "manifest"
path = "{path}"
"""


def write(path: Path, rows: int) -> None:
    """Write a table of that many photos, of five labels."""
    with path.open("w") as out:
        out.write("id,url,label,license,owner,title\n")
        for number in range(rows):
            url = f"https://live.staticflickr.com/1943/{number}_64a3cbe9f8.jpg"
            label, owner = LABELS[number % 5], f"{number % 99_999}@N00"
            out.write(f"{number},{url},{label},cc-by-2.0,{owner},photo {number}\n")


def peak_mb() -> int:
    """Tell how much memory this process has ever needed."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Write, check and read a manifest."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "manifest.csv"
        write(path, int(sys.argv[1]))
        os.environ["MENAGERIE_HOME"] = f"{folder}/home"
        recipe = parse_recipe(RECIPE.format(path=path), "the benchmark")
        with open_workshop() as shop:
            source, before = shop.source(recipe), peak_mb()
            began = time.perf_counter()
            source.refuse_empty(recipe, set())
            checked = time.perf_counter()
            found = sum(map(len, source.crawl(recipe, "crow")))
            read = time.perf_counter()
        print(  # noqa: T201
            f"checked in {checked - began:.1f} s; {found:,} rows of a label read in"
            f" {read - checked:.1f} s; {peak_mb()} MB at most, {before} MB at the start"
        )


if __name__ == "__main__":
    main()
