"""The page about scaling shows what the simulation prints."""

import re
import subprocess
import sys

from tests.deploy.reading import ROOT


def test_the_page_shows_what_the_simulation_prints() -> None:
    page = (ROOT / "docs" / "scaling.md").read_text("utf-8")
    shown = re.search(r"^```text\n(.+?)^```$", page, re.MULTILINE | re.DOTALL)
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "scaling.py"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown is not None
    assert done.stdout.strip() == shown[1].strip()
