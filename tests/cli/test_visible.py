from __future__ import annotations

import pytest

from homeport.cli.edge import run_command
from homeport.cli.progress import ScreenProgress
from homeport.cli.visible import visible
from homeport.errors import InvalidCallError


def test_lines_and_words_of_all_languages_stay() -> None:
    assert visible("Größe\t日本\n  ok") == "Größe\t日本\n  ok"


def test_what_moves_a_cursor_or_turns_text_round_is_spelt_out() -> None:
    assert visible("a\x1b[2J\r\x9b\u202eb\udcff") == r"a\x1b[2J\r\x9b\u202eb\udcff"


def test_errors_and_steps_are_shown_so(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise InvalidCallError("no flavor `\x1b]0;owned\x07`", hint="\x1b[1A")

    run_command(fail)
    with ScreenProgress() as progress:
        progress.step("that does not work: \x1b[2J")
    assert "\x1b]" not in (said := capsys.readouterr().err)
    assert r"`\x1b]0;owned\x07`" in said
    assert r"work: \x1b[2J" in said
