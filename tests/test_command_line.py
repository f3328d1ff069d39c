"""What every command does alike: it ends at Ctrl-C, and prints JSON that is JSON."""

import math
import signal
import subprocess
import sys

import pytest

from menagerie.commands.common import print_json
from tests.processes import ended

HANGING = """
import sys, time
from menagerie import cli

@cli.cli.command()
def hang():
    print("ready", flush=True)
    while True:
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            pass

sys.argv[1:] = ["hang"]
cli.main()
"""


def test_ctrl_c_ends_what_does_not_heed_it_with_the_same_sentence() -> None:
    program = [sys.executable, "-c", HANGING]
    with ended(
        subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=60)
    assert child.returncode == 130
    assert said.endswith("run the same command to go on.\n")


def test_what_is_no_number_is_never_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        print_json({"accuracy": math.nan})
    assert capsys.readouterr().out == ""
