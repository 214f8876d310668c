from __future__ import annotations

import pytest

from homeport.environments.uv import UvError
from homeport.environments.uv_words import build_error, conflicting

NO_SOLUTION = "error: No solution found when resolving dependencies\n  cause: Because "


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "pandas==1.0.0 depends on numpy>=1.13.3 and you require pandas==1.0.0, we can conclude that you require "
            "numpy>=1.13.3.\n         And because you require numpy<1.10, we can conclude that your requirements are "
            "unsatisfiable.",
            ["pandas==1.0.0", "numpy<1.10"],
        ),
        (
            "there is no version of scikit-learn==99 and you require scikit-learn==99, we can conclude that your "
            "requirements are unsatisfiable.",
            ["scikit-learn==99"],
        ),
        ("x was not found in the package registry and you require x[extra]>=1,<2, we can conclude", ["x[extra]>=1,<2"]),
    ],
)
def test_what_the_user_asked_for_is_told_apart_from_what_follows_from_it(text: str, names: list[str]) -> None:
    assert conflicting(NO_SOLUTION + text) == names


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("error: Failed to fetch: https://a.example\n  cause: client error (Connect)", "cannot be reached"),
        ("error: Failed to fetch: https://a.example\n  cause: error (401 Unauthorized) for url", "netrc"),
        ("  cause: invalid peer certificate: UnknownIssuer\n cause: client error (Connect)", "certificate"),
        ("error: failed to write: No space left on device (os error 28)", "disk is full"),
        ("error: Failed to build `wrapt==1.10`\n  cause: The build backend returned an error", "no wheel"),
        (NO_SOLUTION + "foo was not found in the package registry and you require foo, we", "spelling of `foo`"),
        ("something new", "own words"),
    ],
)
def test_each_failure_has_its_next_step(text: str, hint: str) -> None:
    wrong = build_error("cannot resolve", UvError(1, text))
    assert wrong.hint and hint in wrong.hint
    assert text in wrong.message


def test_a_date_that_is_too_early_is_named() -> None:
    wrong = build_error("cannot resolve", UvError(1, NO_SOLUTION + "you require flask==3, we"), as_of="2019-01-01")
    assert wrong.hint == "nothing fits as of 2019-01-01: loosen one of them, or choose a later date"


def test_a_build_that_fails_is_not_blamed_on_files_without_a_day() -> None:
    undated = "warning: `scipy-1.10.1-cp311.whl` is missing an upload date\n"
    failed = UvError(1, f"{undated}error: Failed to build `llvmlite==0.36.0`")
    wrong = build_error("cannot resolve", failed, as_of="2021-05-01")
    assert wrong.message == "cannot resolve: `llvmlite==0.36.0`\nerror: Failed to build `llvmlite==0.36.0`"
    conflict = UvError(1, f"{undated}{NO_SOLUTION}you require scipy, we")
    assert "does not say when files were published" in build_error("x", conflict, as_of="2021-05-01").message
