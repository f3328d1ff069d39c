"""Prefect's engine for one flow run, which ends with the worker that started it.

A worker that is killed would leave its runs behind, where nobody could cancel them. A run that
ends so tells the server that it crashed, and the next one goes on where it was.
"""

import runpy

from menagerie.cycles import look_less_often
from menagerie.lifeline import end_when_orphaned

SECONDS_TO_END = 15.0
"""How long a run may take to stop its threads and children and to say what became of it."""

if __name__ == "__main__":
    look_less_often()
    end_when_orphaned(SECONDS_TO_END)
    runpy.run_module("prefect.engine", run_name="__main__", alter_sys=True)
