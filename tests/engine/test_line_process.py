"""The line waits for a receiver that restarts, and is not started anew for it."""

import threading
from pathlib import Path

import pytest

from tagwatch.engine.line_process import answered
from tagwatch.store.post import JournalPost, PostError, PostRefused, Refusal


def test_it_asks_until_it_is_answered() -> None:
    answers: list[Exception | None] = [
        PostError("no receiver"),
        PostRefused(Refusal.BROKEN, "it is ending"),
        None,
    ]

    def ask() -> None:
        answer = answers.pop(0)
        if answer is not None:
            raise answer

    assert answered(ask, threading.Event())
    assert not answers


def test_it_ends_when_told_though_no_receiver_is_there(tmp_path: Path) -> None:
    post, stop = JournalPost(tmp_path / "receiver.sock"), threading.Event()
    told = threading.Timer(0.3, stop.set)
    told.start()
    assert not answered(post.head, stop)
    told.join()


def test_what_asking_again_cannot_help_is_raised() -> None:
    def ask() -> None:
        raise PostRefused(Refusal.BAD, "the request is wrong")

    with pytest.raises(PostRefused):
        answered(ask, threading.Event())
