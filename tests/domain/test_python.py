from __future__ import annotations

import pytest

from homeport.domain.python import PythonWanted, Version


@pytest.mark.parametrize(
    ("wanted", "accepted", "refused"),
    [
        ("3.7", (3, 7, 16), (3, 8, 0)),
        ("3.7.3", (3, 7, 16), (3, 6, 3)),
        ("3.1", (3, 1, 0), (3, 10, 0)),
        ("3", (3, 12, 0), (2, 7, 18)),
        (">=3.6,<3.8", (3, 7, 1), (3, 8, 0)),
        ("=3.8", (3, 8, 0), (3, 8, 1)),
    ],
)
def test_any_release_of_a_minor_version_will_do_and_ranges_are_kept(
    wanted: str, accepted: Version, refused: Version
) -> None:
    asked = PythonWanted.parse(wanted)
    assert asked.accepts(accepted)
    assert not asked.accepts(refused)


@pytest.mark.parametrize(
    ("wanted", "there", "nearest"),
    [
        ("3.7.3", [(3, 7, 16), (3, 7, 4), (3, 7, 1)], (3, 7, 4)),
        ("3.7.3", [(3, 7, 2), (3, 7, 4)], (3, 7, 4)),
        ("3.7", [(3, 7, 1), (3, 7, 16)], (3, 7, 16)),
        (">=3.6", [(3, 6, 1), (3, 10, 2), (3, 9, 9)], (3, 10, 2)),
    ],
)
def test_the_nearest_patch_release_comes_first(wanted: str, there: list[Version], nearest: Version) -> None:
    assert min(there, key=PythonWanted.parse(wanted).distance) == nearest
