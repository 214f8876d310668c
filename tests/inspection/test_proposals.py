"""The environment that a model was saved in, told from what its file says."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.version import Version

from homeport.domain.findings import Findings, Needed, PythonNeeded
from homeport.domain.proposal import Proposal
from homeport.domain.releases import Release
from homeport.inspection.proposals import after_failure, propose
from tests.conftest import count
from tests.inspection.worlds import World, found, releases


def first(findings: Findings, **world: object) -> Proposal:
    return propose(findings, releases=releases(**world))[0]  # type: ignore[arg-type]


def test_a_recorded_version_is_pinned_and_dated_before_the_next_release() -> None:
    proposal = first(found("scikit-learn==0.22.1", "numpy", "joblib"))
    assert proposal.python == "3.7"
    assert "scikit-learn==0.22.1" in proposal.packages
    assert proposal.as_of is not None
    assert date(2020, 1, 2) < proposal.as_of < date(2020, 2, 28)
    assert any("scikit-learn 0.22.2" in reason for reason in proposal.why)


@pytest.mark.parametrize(
    ("version", "minors", "year"),
    [
        ("0.20.3", {"3.6"}, {2019}),
        ("0.21.3", {"3.6", "3.7"}, {2019}),
        ("0.23.2", {"3.7", "3.8"}, {2020}),
        ("0.24.2", {"3.8"}, {2021}),
        ("1.0.2", {"3.8", "3.9"}, {2022}),
        ("1.2.2", {"3.9", "3.10"}, {2023}),
        ("1.4.2", {"3.10", "3.11"}, {2024}),
        ("1.6.1", {"3.11", "3.12"}, {2025}),
        ("1.9.0", {"3.12", "3.13"}, {2026}),
    ],
)
def test_the_python_is_the_usual_one_of_the_time(version: str, minors: set[str], year: set[int]) -> None:
    proposal = first(found(f"scikit-learn=={version}"))
    assert proposal.python in minors
    assert proposal.as_of is not None
    assert proposal.as_of.year in year


def test_an_interpreter_that_is_here_is_preferred_to_one_that_is_not() -> None:
    assert first(found("scikit-learn==0.22.1"), here=((3, 8), (3, 12))).python == "3.8"


def test_a_python_without_wheels_of_the_recorded_version_is_never_taken_for_being_here() -> None:
    assert first(found("scikit-learn==1.2.2"), here=((3, 13),)).python in {"3.9", "3.10", "3.11"}


def test_byte_code_decides_the_python_even_where_another_is_usual() -> None:
    assert first(found("scikit-learn==0.24.2", pythons=("==3.9.*",))).python == "3.9"


def test_byte_code_alone_dates_the_environment() -> None:
    proposal = first(found("cloudpickle", pythons=("==3.8.*",)))
    assert proposal.python == "3.8"
    assert proposal.as_of is not None
    assert date(2021, 1, 1) < proposal.as_of < date(2022, 6, 1)


def test_the_last_release_for_an_old_python_stays_the_newest_there() -> None:
    """On 3.7, 1.0.2 was what a fresh install gave long after 1.1 had appeared."""
    proposal = first(found("scikit-learn==1.0.2", pythons=("==3.7.*",), not_before=date(2022, 9, 1)))
    assert proposal.as_of is not None
    assert proposal.as_of >= date(2022, 9, 1)


def test_numpy_of_the_file_bounds_the_day() -> None:
    """1.5.0 came before numpy 2.0 and stayed the newest after it: the file's numpy says on which side it was."""
    assert first(found("scikit-learn==1.5.0", globals=("numpy.core.multiarray._reconstruct",))).as_of == date(
        2024, 6, 15
    )
    later = first(found("scikit-learn==1.5.0", globals=("numpy._core.multiarray._reconstruct",))).as_of
    assert later is not None
    assert later >= date(2024, 6, 16)


def test_two_recorded_packages_agree_on_a_day() -> None:
    proposal = first(found("scikit-learn==0.23.2", "xgboost==1.2.1"))
    assert {"scikit-learn==0.23.2", "xgboost==1.2.1"} <= set(proposal.packages)
    assert proposal.as_of is not None
    assert date(2020, 10, 14) <= proposal.as_of < date(2020, 12, 22)


def test_a_day_that_the_file_tells_is_taken_where_it_fits() -> None:
    told = found("scikit-learn==1.2.2", facts={"utc_time_created": "2023-04-05 10:00:00"})
    assert first(told).as_of == date(2023, 4, 5)


def test_a_day_long_after_the_recorded_versions_speaks_of_an_old_environment() -> None:
    told = found("scikit-learn==0.24.2", facts={"created": "2026-10-01"}, not_before=date(2026, 10, 1))
    proposal = first(told)
    assert proposal.as_of is not None
    assert proposal.as_of.year == 2021


def test_a_range_becomes_the_newest_release_in_it() -> None:
    proposal = first(found("lightgbm>=2.2,<3", sure="likely"))
    assert "lightgbm==2.3.1" in proposal.packages


def test_what_the_classes_import_undeclared_is_added() -> None:
    proposal = first(found("xgboost==1.7.6", globals=("xgboost.sklearn.XGBClassifier",)))
    assert "scikit-learn" in proposal.packages
    columns = found("scikit-learn==1.2.2", globals=("sklearn.compose._column_transformer.ColumnTransformer",))
    assert "pandas" in first(columns).packages
    assert "pandas" in first(found("scikit-learn==1.2.2", facts={"feature_names": ["age", "city"]})).packages
    assert "pandas" not in first(found("scikit-learn==1.2.2", facts={"feature_names": ["x0", "x1"]})).packages


def test_code_that_the_file_carries_is_given_data_frames() -> None:
    """`frame["age"] * 2` names no module."""
    carried = found("cloudpickle==2.2.1", format="cloudpickle", facts={"functions": ["predict"]})
    assert "pandas" in first(carried).packages
    assert "pandas" in first(found("scikit-learn==1.2.2", own_modules=("features",))).packages
    assert "pandas" not in first(found("scikit-learn==1.2.2", format="script", own_modules=("features",))).packages


def test_setuptools_is_added_where_the_python_does_not_bring_it() -> None:
    told = found("umap-learn==0.5.7", pythons=("==3.12.*",))
    assert any(line.startswith("setuptools") for line in first(told).packages)


def test_a_companion_without_a_wheel_of_the_day_is_not_built() -> None:
    """scipy's newest release then had no wheel for 3.9: an older scipy is better than an hour of compiling."""
    told = found("scikit-learn==0.23.2", pythons=("==3.9.*",), not_before=date(2020, 10, 20))
    world = World()
    day = date(2020, 10, 17)
    world.more["scipy"] = (Release(Version("1.5.3"), day, ">=3.6", {"cp38": day}, source=True),)
    proposal = propose(told, releases=world)[0]
    assert "--only-binary scipy" in proposal.packages


def test_a_version_that_is_on_no_index_becomes_the_nearest_release() -> None:
    assert "scikit-learn==1.4.0" in first(found("scikit-learn==1.4.dev0")).packages


def test_the_onnx_runtime_is_of_the_converters_time() -> None:
    told = found("onnxruntime>=1.10", facts={"producer": "skl2onnx", "producer_version": "1.11"}, format="onnx")
    assert "onnxruntime==1.11.0" in first(told).packages


def test_nothing_known_is_resolved_as_of_today() -> None:
    proposal = first(Findings(format="safetensors"))
    assert proposal.as_of is None
    assert proposal.packages == ("numpy",)


def test_every_candidate_differs_and_has_reasons() -> None:
    proposals = propose(found("scikit-learn==0.24.2"), releases=releases())
    assert len({proposal.key for proposal in proposals}) == len(proposals) > 2
    assert all(proposal.why for proposal in proposals)
    assert all("scikit-learn==0.24.2" in proposal.packages for proposal in proposals)


def test_what_could_not_be_looked_up_is_said() -> None:
    assert first(found("scikit-learn==0.24.2"), notes=("the index was silent",)).why[-1] == "the index was silent"


def test_cloudpickles_fourth_protocol_means_an_older_python() -> None:
    told = found(
        "scikit-learn==0.24.2",
        format="cloudpickle",
        protocol=4,
    )
    likely = PythonNeeded(specifier=">=3.8", why="protocol 4", sure="likely")
    proposal = first(Findings(**{**{name: getattr(told, name) for name in told.__slots__}, "pythons": (likely,)}))
    assert proposal.python == "3.7"


@pytest.mark.parametrize("name", ["--index-url http://somewhere", "evil\n--pre", "../../x", "a b", "x @ file:///y", ""])
def test_a_name_that_is_no_package_never_becomes_a_line(name: str) -> None:
    told = Findings(
        format="pickle", needed=(Needed(distribution=name, specifier="==1", why="said so", sure="certain"),)
    )
    assert first(told).packages == ("numpy",)


def test_a_package_that_nobody_knows_is_not_installed_because_a_file_names_it() -> None:
    """It may be there for being installed. A script is the user's own."""
    unknown = {"nobodys-thing": (Release(Version("1.0"), date(2020, 1, 1), "", {"py3": date(2020, 1, 1)}),)}
    world, failure = World(more=unknown), "ModuleNotFoundError: No module named 'nobodys_thing'"
    for form, is_installed in (("pickle", False), ("script", True)):
        findings = found("scikit-learn==1.2.2", format=form)
        after = after_failure(propose(findings, releases=world)[0], findings, failure, releases=world)
        assert after is not None
        assert ("nobodys-thing" in after.packages) == is_installed


def test_a_heavy_runtime_that_is_at_hand_spares_a_download() -> None:
    """A build for processors only, in a folder of wheels: the index has those with a GPU's libraries."""
    day = date(2026, 1, 1)
    world = World(wheels={"torch": (Release(Version("2.9.0+cpu"), day, "", {"cp311": day}),)})
    proposals = propose(found("torch>=2.1", sure="likely", format="torchscript"), releases=world)
    assert (proposals[0].python, proposals[0].as_of) == ("3.11", None)
    assert "torch==2.9.0" in proposals[0].packages
    assert propose(found("torch==1.9.0", format="torch"), releases=world)[0].packages[0] == "torch==1.9.0"


def next_after(findings: Findings, failure: str, proposal: Proposal | None = None) -> Proposal | None:
    world = releases()
    return after_failure(proposal or propose(findings, releases=world)[0], findings, failure, releases=world)


@pytest.mark.parametrize(
    ("failure", "line"),
    [
        ("ModuleNotFoundError: No module named 'imblearn'", "imbalanced-learn"),
        ("ModuleNotFoundError: No module named 'PIL.Image'", "pillow"),
        ("ModuleNotFoundError: No module named 'category_encoders'", "category-encoders"),
        (
            "Trying to unpickle estimator SVC from version 1.1.3 when using version 1.2.2. This might",
            "scikit-learn==1.1.3",
        ),
    ],
)
def test_a_failure_teaches_what_is_needed(failure: str, line: str) -> None:
    proposal = next_after(found("scikit-learn", sure="likely"), failure)
    assert proposal is not None
    assert line in proposal.packages
    assert "trial" in proposal.why[0]


@pytest.mark.parametrize(
    "failure",
    [
        "the interpreter crashed (SIGSEGV) when it was to predict",
        "SystemError: unknown opcode",
        "code() takes at most 15",
    ],
)
def test_a_crash_means_another_python(failure: str) -> None:
    findings = found("scikit-learn==1.2.2")
    before = propose(findings, releases=releases())[0]
    after = next_after(findings, failure)
    assert after is not None
    assert after.python != before.python
    assert f"python!={before.python}.*" in after.learnt


def test_numpy_2_is_learnt_from_the_module_that_only_it_has() -> None:
    findings = found("xgboost", pythons=(">=3.9",))
    proposal = next_after(findings, "ModuleNotFoundError: No module named 'numpy._core'")
    assert proposal is not None
    assert any(line.startswith("numpy>=2") for line in proposal.packages)
    assert proposal.as_of is None or proposal.as_of >= date(2024, 6, 16)


def test_a_newer_pickle_protocol_means_a_newer_python() -> None:
    proposal = next_after(found("numpy", pythons=("<3.9",)), "ValueError: unsupported pickle protocol: 5")
    assert proposal is not None
    assert proposal.python == "3.8"


def test_a_companion_that_does_not_build_is_taken_as_a_wheel() -> None:
    proposal = next_after(found("umap-learn==0.5.1"), "Failed to build `llvmlite==0.36.0`")
    assert proposal is not None
    assert "--only-binary llvmlite" in proposal.packages


def test_lessons_add_up_and_nothing_is_tried_twice() -> None:
    findings, seen = found("scikit-learn==0.24.2"), []
    proposal: Proposal | None = propose(findings, releases=releases())[0]
    while proposal is not None:
        seen.append(proposal.key)
        proposal = next_after(findings, "ValueError: something else", proposal)
    assert len(seen) == len(set(seen)) > 3


def test_a_models_own_module_is_nothing_that_an_environment_can_mend() -> None:
    assert (
        next_after(found("scikit-learn==0.24.2"), "Can't get attribute 'Mine' on <module '__main__' from 'x'>") is None
    )


def test_an_index_that_cannot_be_reached_ends_the_search() -> None:
    assert next_after(found("scikit-learn==0.24.2"), "client error (Connect): dns error") is None


ANYTHING = st.one_of(st.none(), st.integers(), st.text(max_size=12), st.lists(st.text(max_size=5), max_size=3))
SPECIFIERS = st.one_of(
    st.sampled_from(
        ["", "==1.0", ">=1", "<2,>=1", "==0.22.*", "==2.1.0+cu118", "~=1.2", "===1", "==99", "1.2.3", "!=1"]
    ),
    st.text(max_size=8),
)
SURE = st.sampled_from(["certain", "likely", "guess"])
NAMES = st.one_of(
    st.sampled_from(["scikit-learn", "numpy", "torch", "keras", "tf.keras", "xgboost", "python", "onnxruntime", "own"]),
    st.text(max_size=8),
)
NEEDED = st.builds(Needed, distribution=NAMES, specifier=SPECIFIERS, why=st.just("so"), sure=SURE)
PYTHON = st.builds(PythonNeeded, specifier=SPECIFIERS, why=st.just("so"), sure=SURE)
FINDINGS = st.builds(
    Findings,
    format=st.sampled_from(["pickle", "cloudpickle", "onnx", "script"]),
    protocol=st.one_of(st.none(), st.integers(0, 5)),
    needed=st.lists(NEEDED, max_size=4).map(tuple),
    pythons=st.lists(PYTHON, max_size=3).map(tuple),
    globals=st.lists(st.text(max_size=12), max_size=3).map(tuple),
    not_before=st.one_of(st.none(), st.dates()),
    facts=st.dictionaries(
        st.sampled_from(["feature_names", "created", "producer", "producer_version", "scikit_learn"]), ANYTHING
    ),
)
STILL = World()


@given(FINDINGS, st.text(max_size=60))
@settings(max_examples=count(30, 300), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_a_file_says_there_is_a_candidate_and_an_end(findings: Findings, failure: str) -> None:
    proposal: Proposal | None = propose(findings, releases=STILL)[0]
    for _ in range(10):
        if proposal is None:
            break
        assert all(line.startswith("--only-binary ") or Requirement(line).url is None for line in proposal.packages)
        assert proposal.as_of is None or proposal.as_of <= STILL.today
        proposal = after_failure(proposal, findings, failure, releases=STILL)
    assert proposal is None


def test_no_candidate_compiles_a_recorded_version_where_others_have_its_wheel() -> None:
    proposals = propose(found("scikit-learn==0.23.2", pythons=(">=3.8,<3.10",)), releases=releases())
    assert proposals[0].python == "3.8"
    assert "3.9" not in {proposal.python for proposal in proposals}
