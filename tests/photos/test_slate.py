"""The slate: what a process had under way can be read when it is dead."""

import subprocess
import sys

from menagerie.photos.slate import Slate

NAMES = ["a" * 64, "b" * 64]
WRITER = """
import os, signal, sys
from menagerie.photos.slate import Slate
slate = Slate(int(sys.argv[1]))
with slate.naming("c" * 64):
    pass
with slate.naming("a" * 64), slate.naming("b" * 64):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_names_outlive_a_killed_writer() -> None:
    with Slate.create(3) as (slate, descriptor):
        command = [sys.executable, "-c", WRITER, str(descriptor)]
        assert subprocess.run(command, pass_fds=[descriptor], check=False).returncode == -9
    assert slate.names() == set(NAMES)


def test_a_name_stands_as_long_as_its_work_lasts() -> None:
    with Slate.create(2) as (slate, _):
        with slate.naming(NAMES[0]):
            with slate.naming(NAMES[1]):
                assert slate.names() == set(NAMES)
            assert slate.names() == {NAMES[0]}
        assert slate.names() == set()
