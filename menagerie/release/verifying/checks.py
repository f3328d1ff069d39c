"""The checks, in the order in which they are made."""

from collections.abc import Callable
from dataclasses import dataclass

from menagerie.release.verifying import arrays, files, leaks, photos, records, tables
from menagerie.release.verifying.inspection import Findings, Inspection


@dataclass(frozen=True, slots=True)
class Check:
    """A check by name. `find` says in its first line what is to hold.

    Where it cannot read what it looks at, that is a fault if it `judges` those very files; else
    the check was not made, and another tells why.
    """

    name: str
    find: Callable[[Inspection, Findings], None]
    judges: bool = False

    @property
    def title(self) -> str:
        """What is to hold, in a sentence."""
        return (self.find.__doc__ or "").partition("\n")[0]


CHECKS = (
    Check("current", files.find_lost_current),
    Check("files", files.find_other_files, judges=True),
    Check("checksums", files.find_changed_bytes, judges=True),
    Check("id", files.find_wrong_id),
    Check("recipe", tables.find_other_recipe, judges=True),
    Check("arrays", arrays.find_damaged_arrays),
    Check("manifest", tables.find_wrong_rows, judges=True),
    Check("labels", arrays.find_wrong_labels),
    Check("rejected", tables.find_wrong_rejections, judges=True),
    Check("credits", tables.find_wrong_credits, judges=True),
    Check("catalog", records.find_unknown),
    Check("forgotten", records.find_forgotten),
    Check("licenses", records.find_unpermitted),
    Check("decisions", records.find_unheeded),
    Check("owners", leaks.find_owners),
    Check("bursts", leaks.find_bursts),
    Check("near_duplicates", leaks.find_near_duplicates),
    Check("photos", photos.find_lost_photos),
)
