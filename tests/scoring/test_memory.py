from __future__ import annotations

import os

from homeport.scoring.memory import resident, resident_elsewhere


def test_a_process_that_grows_is_seen_to_grow() -> None:
    before = resident(os.getpid())
    kept = b"x" * (50 << 20)
    assert resident(os.getpid()) - before > 40 << 20
    assert len(kept) == 50 << 20


def test_the_way_without_proc_says_the_same_and_a_process_that_has_gone_holds_nothing() -> None:
    assert abs(resident_elsewhere(os.getpid()) - resident(os.getpid())) < 5 << 20
    assert resident(2**22 + 1) == resident_elsewhere(2**22 + 1) == 0
