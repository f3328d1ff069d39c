"""The learning child: `python -m menagerie.learning.child`, started by `process.run_child`.

It prints one JSON document a line on standard output and everything else on standard error,
and ends by itself when its parent is gone.
"""

import argparse
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TextIO

from menagerie.errors import MenagerieError
from menagerie.folders import has_no_room
from menagerie.learning.backend import import_keras
from menagerie.learning.process import FAILED, LOG
from menagerie.lifeline import AskedToEnd, end_with_parent
from menagerie.recipe import Training

_QUOTED = 600


def main(arguments: Sequence[str]) -> int:
    """Run one piece of work and return the exit status."""
    options = _parser().parse_args(arguments)
    _end_when_asked()
    end_with_parent()
    answers = _own_stdout()

    def tell(message: dict[str, Any]) -> None:
        print(json.dumps(message), file=answers, flush=True)

    try:
        # Else Keras wraps what code of the user's own raises in words of its own.
        import_keras().config.disable_traceback_filtering()
        _work(options, tell)
    except MenagerieError as error:
        tell({FAILED: type(error).__name__, "why": str(error)})
        if error.__cause__ is not None:  # Where code of the user's own failed.
            _log(error.__cause__)
        return 1
    except Exception as error:  # Keras raises whatever it stumbles on.
        report(options.work, error, tell)
        return 1
    return 0


def _work(options: argparse.Namespace, tell: Callable[[dict[str, Any]], None]) -> None:
    if options.work == "fit":
        from menagerie.learning.fitting import fit

        training = Training.model_validate_json(options.training)
        fit(options.release, options.models, options.id, training, tell)
    elif options.work == "embed":
        from menagerie.learning.embedder import embed_photos

        embed_photos(options.job, tell)
    elif options.work == "evaluate":
        from menagerie.learning.judging import judge_release
        from menagerie.learning.matching import Rival

        champion, saw = options.champion_model, options.champion_trained_on
        rival = None if champion is None else Rival(champion, saw)
        judge_release(options.model, options.release, options.reject_error, rival)
    elif options.work == "export":
        from menagerie.learning.exporter import export

        samples, difference = export(options.model, options.release, options.format, options.out)
        tell({"samples": samples, "difference": difference})
    else:
        from menagerie.learning.judging_folder import judge_folder

        tell(judge_folder(options.model, options.photos, options.page).to_json())


def report(work: str, error: Exception, tell: Callable[[dict[str, Any]], None]) -> None:
    """Tell the parent, and then the log, of an error that nobody foresaw."""
    tell({FAILED: type(error).__name__, "why": _described(work, error)})
    _log(error)


def _log(error: BaseException) -> None:
    with suppress(OSError):  # The log may lie on the disk that is full.
        traceback.print_exception(error)


def _described(work: str, error: Exception) -> str:
    said = " ".join(line.strip() for line in str(error).splitlines() if line.strip())
    if has_no_room(error):
        return (
            f"A disk is full ({said:.{_QUOTED}}). Free some space there, or name another folder for"
            " temporary files with TMPDIR if it is one of those, and run the same command again."
        )
    return (
        f"The child process of `{work}` failed: {type(error).__name__}: {said:.{_QUOTED}}."
        f" Its log tells where: {LOG}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="menagerie.learning.child")
    works = parser.add_subparsers(dest="work", required=True)
    fit = works.add_parser("fit")
    fit.add_argument("--release", type=Path, required=True)
    fit.add_argument("--models", type=Path, required=True)
    fit.add_argument("--id", required=True)
    fit.add_argument("--training", required=True)
    embed = works.add_parser("embed")
    embed.add_argument("--job", type=Path, required=True)
    evaluate = works.add_parser("evaluate")
    evaluate.add_argument("--model", type=Path, required=True)
    evaluate.add_argument("--release", type=Path, required=True)
    evaluate.add_argument("--reject-error", type=float, required=True)
    evaluate.add_argument("--champion-model", type=Path)
    evaluate.add_argument("--champion-trained-on", type=Path)
    export = works.add_parser("export")
    export.add_argument("--model", type=Path, required=True)
    export.add_argument("--release", type=Path)
    export.add_argument("--format", required=True)
    export.add_argument("--out", type=Path, required=True)
    folder = works.add_parser("evaluate-folder")
    folder.add_argument("--model", type=Path, required=True)
    folder.add_argument("--photos", type=Path, required=True)
    folder.add_argument("--page", type=Path)
    return parser


def _own_stdout() -> TextIO:
    """Keep standard output to ourselves: what libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def _end_when_asked() -> None:
    """Turn SIGTERM and SIGINT into an exit that unwinds, so that half-built folders go away."""

    def leave(number: int, _frame: object) -> NoReturn:
        # Asked twice, by a parent and by the end of its pipe, it unwinds once.
        signal.signal(number, signal.SIG_IGN)
        raise AskedToEnd(128 + number)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
