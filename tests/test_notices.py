"""Warnings of the library reach whoever watches, as lines."""

import logging

from menagerie.notices import notices


def test_a_warning_is_said_and_what_is_less_is_not() -> None:
    said: list[str] = []
    logger = logging.getLogger("menagerie.some.module")
    with notices(said.append):
        logger.warning("going on at %s", "12:00:00")
        logger.info("a detail")
    logger.warning("nobody watches")
    assert said == ["going on at 12:00:00"]
