from __future__ import annotations

from dataclasses import replace

from homeport.environments.export import export_lock
from tests.domain.test_lock import LOCK


def test_other_tools_are_told_the_indexes_and_never_a_password() -> None:
    lock = replace(
        LOCK,
        options=("--extra-index-url https://me:s3c@ret@private.example/simple", "--find-links /shelf", "--no-index"),
    )
    requirements, yml = export_lock(lock, "requirements"), export_lock(lock, "environment.yml")
    places = "\n--extra-index-url https://private.example/simple\n# given at locking: --find-links /shelf\n"
    assert places in requirements
    assert "    - --extra-index-url https://private.example/simple\n    # given at locking: --find-links" in yml
    assert "s3c" not in requirements + yml and "ret@" not in requirements + yml
