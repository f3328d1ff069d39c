"""A command of `menagerie` as a part: it ends with whoever started it.

python -m menagerie.supervising.child web --port 8080
"""

import runpy

from menagerie.lifeline import end_with_parent

if __name__ == "__main__":
    end_with_parent()
    runpy.run_module("menagerie", run_name="__main__", alter_sys=True)
