"""Everything that can go wrong, in one tree.

    MenagerieError
      CallError                 the call was wrong: exit code 2
        SettingsError             an environment variable or option has a bad value
        RecipeError               the recipe is missing, not TOML, or asks for the impossible
          EmptySearchError          a keyword finds nothing
        InputError                a manifest, folder or idx file cannot be read as what it should be
        MissingKeyError           Flickr needs a key and none is set
        MissingModelError         nothing is trained yet, or the model is gone
        MissingReleaseError       nothing is released yet, or the release is gone
        OutputError               the folder to write to holds something else
      WorkError                 the work failed: exit code 1
        HomeError                 the home cannot be written, is full, or comes from a newer version
        BusyError                 another run holds this dataset
        FlickrError               the API refused, for good
          KeyRefusedError           the key is invalid, expired or switched off
          UnreachableError          no answer, however often we asked
        OpenverseError            Openverse refused, gave no usable answer, or wants a pause
        TransientError            worth another try; carries how long to wait
        ParseError                an answer was not in the shape that Flickr documents
        CollectError              too many photos could not be fetched for now
        StoppedError              the work was stopped from outside
        PhotoError                one photo cannot be used; carries a reason of the closed list
        DecoderError              the decoding child failed, by no photo's fault
        ReleaseError              no release can be published from what there is
        TrainingError             the training or evaluating child failed
        BackboneError             a pretrained network cannot be had, or its child failed
        OrchestrationError        Prefect's server does not answer, or refuses

A message is one sentence or two: what was wrong, what was received, what to do.
"""


class MenagerieError(Exception):
    """Root of the tree; `exit_code` is what the command line ends with."""

    exit_code = 1


class CallError(MenagerieError):
    """The call was wrong; nothing was changed."""

    exit_code = 2


class SettingsError(CallError):
    """An environment variable or option has a bad value."""


class RecipeError(CallError):
    """The recipe is missing, is not TOML, or asks for the impossible."""


class EmptySearchError(RecipeError):
    """A keyword of the recipe finds nothing."""


class InputError(CallError):
    """A manifest, a folder or an idx file cannot be read as what it should be."""


class MissingKeyError(CallError):
    """Flickr needs an API key and none is set."""


class MissingModelError(CallError):
    """The dataset has no champion, or its file is gone."""


class MissingReleaseError(CallError):
    """The dataset has no release, or its folder is gone."""


class OutputError(CallError):
    """The folder to write to holds something else."""


class WorkError(MenagerieError):
    """The work found a fault or failed."""


class HomeError(WorkError):
    """The home cannot be written, is full, or was made by a newer version."""


class BusyError(WorkError):
    """Another run holds this dataset."""


class FlickrError(WorkError):
    """The Flickr API refused, and asking again would not help.

    `code` is Flickr's own error code, or None where there was none.
    """

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class KeyRefusedError(FlickrError):
    """The API key is invalid, expired or switched off: a wrong call, as a missing key is."""

    exit_code = 2


class UnreachableError(FlickrError):
    """The API gave no usable answer, however often it was asked."""


class OpenverseError(WorkError):
    """Openverse refused, gave no usable answer, or wants a pause that is too long to wait."""


class TransientError(WorkError):
    """A fault that another try may cure.

    `retry_after_seconds` is what the server asked for, or None; `slow_down` is set when it
    meant everybody; `connected` is False when not even a connection came about, which rarely
    mends itself within seconds; `attempts` counts how often it was tried in vain.
    """

    def __init__(
        self,
        message: str,
        retry_after_seconds: float | None = None,
        *,
        slow_down: bool = False,
        connected: bool = True,
    ) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
        self.slow_down = slow_down
        self.connected = connected
        self.attempts = 1


class ParseError(WorkError):
    """An answer was not in the shape that Flickr documents."""


class CollectError(WorkError):
    """Too many photos could not be fetched for now."""


class StoppedError(WorkError):
    """The work was stopped from outside."""


class PhotoError(WorkError):
    """One photo cannot be used, for `reason` (see `menagerie.curation.reasons`)."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class DecoderError(WorkError):
    """The child process that decodes photos failed, by no photo's fault."""


class ReleaseError(WorkError):
    """No release can be published from what there is."""


class TrainingError(WorkError):
    """The training or evaluating child process failed."""


class BackboneError(WorkError):
    """A pretrained network is not installed, is not what it should be, or its child failed."""


class OrchestrationError(WorkError):
    """Prefect's server does not answer, or refuses."""
