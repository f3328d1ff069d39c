"""Decisions outlive the server: each is stored exactly once, however often it is killed."""

import multiprocessing
import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from menagerie.catalog.tables import decisions, tickets
from menagerie.cli import cli
from menagerie.workshop import open_workshop
from tests.processes import free_port, wait_until
from tests.web.builders import Place, fill

DECISIONS, KILLS = 200, 10


# Its children are forked with everything imported, which takes most of a server's start.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__, "menagerie.web.app", "menagerie.web.server"])


def web(port: int, env: dict[str, str]) -> None:
    """Run `menagerie web` in this process."""
    os.environ.update(env)
    cli(["web", "--port", str(port)])


class Server:
    """`menagerie web` as a process of its own, at one port."""

    def __init__(self, place: Place) -> None:
        self.port = free_port()
        self._place = place
        self.start()

    def start(self) -> None:
        self._child = FORKS.Process(target=web, args=(self.port, self._place.env))
        self._child.start()
        wait_until(self._answers)

    def _answers(self) -> bool:
        assert self._child.is_alive()
        with suppress(requests.ConnectionError):
            return requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=60).ok
        return False

    def end(self, how: signal.Signals = signal.SIGKILL) -> int | None:
        assert self._child.pid is not None
        os.kill(self._child.pid, how)
        self._child.join(120)
        return self._child.exitcode


def test_each_of_200_decisions_is_stored_once_though_the_server_is_killed_ten_times(
    tmp_path: Path, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path)
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)
    with open_workshop() as shop:
        fill(shop, place.write_recipe(), each=15)
    server, kills = Server(place), 0
    page.goto(f"http://127.0.0.1:{server.port}/datasets/animals/review")
    page.wait_for_selector("html[data-ready]")
    for number in range(DECISIONS):
        if number % 20 == 10:
            kills += 1
            assert server.end() == -signal.SIGKILL
        if number % 20 == 19:
            expect(page.locator("#offline")).to_contain_text("kept in this browser")
            server.start()
        page.keyboard.press(str(1 + number % 3))
        page.keyboard.press("Home" if number % 25 == 24 else "ArrowRight")
    expect(page.locator("#saved")).to_have_text("All decisions are saved.")
    expect(page.locator("#offline")).to_be_hidden()
    assert server.end(signal.SIGTERM) == 0
    assert kills == KILLS
    with open_workshop() as shop, shop.catalog.begin() as connection:
        stored = connection.scalar(select(func.count()).select_from(decisions))
        told = connection.scalar(select(func.count(tickets.c.ticket.distinct())))
    assert (stored, told) == (DECISIONS, DECISIONS)


def test_what_a_closed_page_had_not_sent_is_sent_by_the_next(tmp_path: Path, page: Page) -> None:
    place = Place(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in place.env.items():
            patch.setenv(name, value)
        with open_workshop() as shop:
            fill(shop, place.write_recipe(), each=4)
    server = Server(place)
    page.goto(f"http://127.0.0.1:{server.port}/datasets/animals/review")
    page.wait_for_selector("html[data-ready]")
    server.end()
    page.keyboard.press("k")
    expect(page.locator("#saved")).to_have_text("1 decision waits to be saved.")
    first = page.locator(".card").first.get_attribute("data-photo")
    server.start()
    again = page.context.new_page()
    page.close()
    again.goto(f"http://127.0.0.1:{server.port}/datasets/animals/review?which=all")
    expect(again.locator("#saved")).to_have_text("All decisions are saved.")
    kept = again.locator(f".card[data-photo='{first}']")
    expect(kept).to_have_attribute("data-state", "keep")
    server.end(signal.SIGTERM)
