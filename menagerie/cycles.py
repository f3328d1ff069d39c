"""How often unused cycles of objects are looked for."""

import atexit
import gc

# Python's 700 looks 200 times while modules are imported, which live as long as the process.
_NEW_OBJECTS = 50_000


def look_less_often() -> None:
    """Look for unused cycles once that many more objects were made than freed.

    And not at the end, where what is in use goes with the process: that look takes 0.15 s after
    the imports of `menagerie status`.
    """
    gc.set_threshold(_NEW_OBJECTS)
    atexit.register(gc.freeze)
