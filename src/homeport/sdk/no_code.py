"""From a model file alone to what serves it: an environment proposed, built and tried, and the script that asks it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from homeport.domain.environment import EnvironmentDefinition
from homeport.domain.findings import Findings
from homeport.domain.json import Json, JsonObject
from homeport.domain.lock import Lock
from homeport.domain.progress import Progress
from homeport.domain.proposal import Proposal
from homeport.domain.releases import Releases
from homeport.domain.sizes import byte_size
from homeport.environments import build_environment, ready_environment, this_platform
from homeport.errors import EnvironmentBuildError, HomeportError, InvalidConfigError, UserCodeError
from homeport.sdk.comparison import compare
from homeport.sdk.model_at_hand import ModelAtHand
from homeport.sdk.no_code_script import MAKE_A_SCRIPT, Loading, loading_of, needs_modules, settings_of, write_script
from homeport.sdk.no_code_trust import Trust
from homeport.sdk.trial_memory import Learnt, recall, remember
from homeport.sdk.trials import Trial, TrialResult, run_trial

MOST_TRIES = 5
ENVIRONMENT_NAME = "model"
SAMPLE_TOLERANCE = 1e-6
HINT = "name an environment with `--environment` or `--python`, or serve it with a score.py of your own"


class NoEnvironmentError(UserCodeError):
    """No environment that was tried serves the model; `detail` is the best candidate's own traceback."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A model file that can be served: with which script, in which interpreter, and what was learnt of that one."""

    model: ModelAtHand
    script: Path  # the folder `homeport_model`
    interpreter: Path
    findings: Findings
    learnt: Learnt | None  # None where the interpreter was named by the user, and not tried

    @property
    def example(self) -> Json:
        """A request to try."""
        return self.model.sample or (self.learnt.result.request if self.learnt else None)


def anything(findings: Findings) -> None:
    """A guard that lets everything through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench:
    """What preparing takes besides the model."""

    home: Path
    progress: Progress
    guard: Callable[[Findings], None] = anything  # raises for, or warns of, a file that would run code of its own
    trust: Trust = Trust()  # noqa: RUF009 - frozen
    releases: Releases | None = None  # None asks the shipped table and the user's index


@dataclass(slots=True)
class OneLock:
    """A `LockKeeper` that hands the lock on."""

    lock: Lock | None = None

    def get(self, platform: str) -> JsonObject | None:
        return None if self.lock is None else self.lock.to_json()

    def keep(self, platform: str, lock: JsonObject) -> None:
        self.lock = Lock.from_json(lock)


@dataclass(slots=True)
class _Search:
    """The trials of one model so far."""

    failures: list[str] = field(default_factory=list)
    tried: list[Proposal] = field(default_factory=list)
    second_best: Learnt | None = None  # it answers, with a warning about versions
    said: str = ""  # all that the last trial said
    detail: str = ""  # the first traceback, which is the best candidate's


def inspected(model: ModelAtHand, bench: Workbench) -> Findings:
    """What the bytes say; nothing of them is run."""
    from homeport.inspection import inspect_model  # only where nothing is remembered

    with model.folder() as folder:
        return inspect_model(folder / model.top)


def prepare(model: ModelAtHand, bench: Workbench, findings: Findings | None = None) -> Prepared:
    """The environment that is remembered for these bytes, or the first candidate that holds in a trial.

    NoEnvironmentError after `MOST_TRIES`; InvalidConfigError for what cannot be served by itself.
    """
    learnt = recall(bench.home, model.key, this_platform())
    if learnt is not None:
        bench.progress.step(f"{about(learnt.findings, model)}\nenvironment: {named(learnt.proposal)}")
        for reason in learnt.proposal.why[:1]:
            bench.progress.step(f"  {reason}")
        beside = "files_beside" in learnt.findings.facts  # which are loaded with it, and are no part of its key
        bench.guard(inspected(model, bench) if beside else learnt.findings)
        if model.sample not in (None, learnt.sample):
            learnt = _tried_again(model, bench, learnt)
    if learnt is None:
        found = findings or inspected(model, bench)
        bench.guard(found)
        learnt = _search(model, bench, found)
        remember(bench.home, model.key, learnt)
    interpreter = build_environment(learnt.lock, bench.home, progress=bench.progress).interpreter
    example = model.sample or learnt.result.request
    script = _script(model, bench, learnt.loading, learnt.findings, example)
    return Prepared(model=model, script=script, interpreter=interpreter, findings=learnt.findings, learnt=learnt)


def prepare_with(model: ModelAtHand, bench: Workbench, interpreter: Path) -> Prepared:
    """With an interpreter that the user has named, as it is."""
    findings = inspected(model, bench)
    bench.guard(findings)
    with model.folder() as folder:
        loading, findings = _as_loaded(folder / model.top, bench, findings)
    script = _script(model, bench, loading, findings, model.sample)
    return Prepared(model=model, script=script, interpreter=interpreter, findings=findings, learnt=None)


def _script(model: ModelAtHand, bench: Workbench, loading: Loading, findings: Findings, example: Json = None) -> Path:
    trusted, modules = bench.trust.names(findings), needs_modules(findings)
    return write_script(bench.home, settings_of(model.top, loading, trusted=trusted, example=example, modules=modules))


def _as_loaded(path: Path, bench: Workbench, findings: Findings) -> tuple[Loading, Findings]:
    """How it is loaded, with the findings on the very file that is: a look at a folder may have left it out."""
    from homeport.inspection import inspect_model  # only where nothing is remembered

    loading = loading_of(path, findings)
    if loading.path == "." or loading.path == findings.facts.get("model_file"):
        return loading, findings
    loaded = path / loading.path
    if not loaded.resolve().is_relative_to(path.resolve()):
        raise InvalidConfigError(
            f"`{path.name}` names `{loading.path}` as its model, which lies outside of it", hint=MAKE_A_SCRIPT
        )
    inner = inspect_model(loaded)
    if inner.format == "unknown" or "damaged" in inner.facts:
        why = inner.facts.get("damaged") or inner.facts.get("looks_like") or "no model that is known"
        raise InvalidConfigError(f"`{loading.path}` in `{path.name}` is not loaded: {why}", hint=MAKE_A_SCRIPT)
    risks = tuple(dict.fromkeys((*findings.risks, *inner.risks)))
    if risks != findings.risks:
        findings = replace(findings, risks=risks)
        bench.guard(findings)
    return loading, findings


def _tried_again(model: ModelAtHand, bench: Workbench, learnt: Learnt) -> Learnt | None:
    """The remembered environment on a sample that it was not tried with; None where it fails that."""
    interpreter = build_environment(learnt.lock, bench.home, progress=bench.progress).interpreter
    script = _script(model, bench, learnt.loading, learnt.findings)
    with model.folder() as folder:
        result = _asked(model, interpreter, script, folder)
    if not result.ok and not (result.only_warned and learnt.result.only_warned):
        bench.progress.step(f"the environment of before fails the sample input: {result.failure}")
        return None
    learnt = replace(learnt, result=result, sample=model.sample)
    remember(bench.home, model.key, learnt)
    return learnt


def _asked(model: ModelAtHand, interpreter: Path, script: Path, folder: Path) -> TrialResult:
    requests = () if model.sample is None else (model.sample,)
    trial = Trial(interpreter=interpreter, script=script, models=folder, requests=requests, size=model.size)
    return _as_recorded(model, run_trial(trial))


def about(findings: Findings, model: ModelAtHand) -> str:
    """`iris.pkl: joblib, ScikitLearn 0.22.1, sklearn.svm._classes.SVC (62 KiB)`."""
    framework = " ".join(filter(None, (findings.framework, findings.framework_version)))
    known = findings.format if findings.format != "unknown" else ""
    parts = ", ".join(filter(None, (known, framework, findings.model_class)))
    return f"{model.name}: {parts or 'no model that is known'} ({byte_size(model.size)})"


def named(proposal: Proposal) -> str:
    """`Python 3.7 with scikit-learn==0.22.1, as of 2020-03-01`."""
    packages = f" with {', '.join(proposal.packages)}" if proposal.packages else ""
    return f"Python {proposal.python}{packages}" + (f", as of {proposal.as_of}" if proposal.as_of else "")


def _search(model: ModelAtHand, bench: Workbench, findings: Findings) -> Learnt:
    from homeport.environments.releases import KnownReleases
    from homeport.inspection.proposals import after_failure, propose

    bench.progress.step(about(findings, model))
    releases = bench.releases or KnownReleases(bench.home)
    with model.folder() as folder:
        loading, findings = _as_loaded(folder / model.top, bench, findings)
        script = _script(model, bench, loading, findings)
        candidate: Proposal | None = propose(findings, releases=releases)[0]
        search = _Search()
        while candidate is not None and len(search.tried) < MOST_TRIES:
            learnt = _attempt(model, bench, search, _Candidate(candidate, findings, loading, script, folder))
            if learnt is not None:
                return learnt
            candidate = after_failure(candidate, findings, search.said, releases=releases)
    if search.second_best is not None:
        bench.progress.step(f"no environment is without a warning: serving with {named(search.second_best.proposal)}")
        return search.second_best
    raise _nothing_works(model, search)


@dataclass(frozen=True, slots=True)
class _Candidate:
    proposal: Proposal
    findings: Findings
    loading: Loading
    script: Path
    folder: Path


def _attempt(model: ModelAtHand, bench: Workbench, search: _Search, candidate: _Candidate) -> Learnt | None:
    """Build it and try it; None, with the failure noted and said, where it does not hold."""
    proposal, progress = candidate.proposal, bench.progress
    progress.step(f"environment: {named(proposal)}")
    for reason in proposal.why:
        progress.step(f"  {reason}")
    search.tried.append(proposal)
    keeper = OneLock()
    try:
        definition = EnvironmentDefinition.from_json(proposal.definition(ENVIRONMENT_NAME))
        built = ready_environment(definition, bench.home, keeper, progress=progress)
    except EnvironmentBuildError as wrong:
        search.said = wrong.message
        _note(search, progress, f"it cannot be built: {_gist(wrong.message)}")
        return None
    result = _asked(model, built.interpreter, candidate.script, candidate.folder)
    if keeper.lock is None:
        raise EnvironmentBuildError("the environment was built without a lock")
    learnt = Learnt(
        findings=candidate.findings,
        loading=candidate.loading,
        proposal=proposal,
        lock=keeper.lock,
        result=result,
        failures=tuple(search.failures),
        sample=model.sample,
    )
    if result.ok:
        progress.step(_success(model, result))
        return learnt
    if result.final:
        raise InvalidConfigError(f"`{model.name}` is not served: {result.reason}", hint=MAKE_A_SCRIPT)
    if result.only_warned and search.second_best is None:
        search.second_best = learnt
    search.said, search.detail = f"{result.failure}\n{result.detail}", search.detail or result.detail
    _note(search, progress, explained(candidate.findings, keeper.lock, result))
    return None


def explained(findings: Findings, lock: Lock, result: TrialResult) -> str:
    """The failure in a sentence that a person can act on; the library's own words where nothing better is known."""
    from homeport.inspection import explain_load_failure  # only where nothing is remembered

    installed = {package.name: package.version for package in lock.packages if package.version}
    said = f"{result.failure}\n{result.detail}"
    python = result.python or lock.python.version
    return explain_load_failure(findings, installed, python, said) or result.failure or "it failed"


def _gist(said: str) -> str:
    """Of all that the installer said, the line that names what failed."""
    lines = said.splitlines() or [said]
    return next((line.removeprefix("error: ") for line in lines if line.startswith("error: ")), lines[0])


def _note(search: _Search, progress: Progress, failure: str) -> None:
    search.failures.append(failure)
    progress.step(f"  that does not work: {failure}")


def _success(model: ModelAtHand, result: TrialResult) -> str:
    if model.sample is not None:
        what = "the sample input is answered" + ("" if model.expected is None else " as was recorded")
    elif result.answers:
        what = "it answers a made-up request; whether right, only a sample input tells"
    else:
        what = "nothing is known of its input, so that it was not asked anything"
    return f"tried: it loads, {what}"


def _as_recorded(model: ModelAtHand, result: TrialResult) -> TrialResult:
    """A failure where the sample output that was registered is not what the model gives here."""
    if not result.ok or model.expected is None or not result.answers:
        return result
    given = result.answers[0]
    assert isinstance(given, dict)
    wanted = model.expected.get("predict") if isinstance(model.expected, dict) else model.expected
    found = given.get("predict")
    if not isinstance(wanted, list) or not isinstance(found, list) or len(wanted) != len(found):
        return result  # recorded of another way to ask
    difference = compare(wanted, found)
    if difference.changed == 0 and (difference.largest <= SAMPLE_TOLERANCE or math.isnan(difference.largest)):
        return result
    return TrialResult(
        stage="predict",
        ok=False,
        failure=f"it predicts otherwise than was recorded: {difference}",
        answers=result.answers,
        versions=result.versions,
        python=result.python,
    )


def _nothing_works(model: ModelAtHand, search: _Search) -> HomeportError:
    tried = "\n".join(
        f"  {named(proposal)}: {failure.splitlines()[0]}"
        for proposal, failure in zip(search.tried, search.failures, strict=True)
    )
    return NoEnvironmentError(
        f"no environment was found that `{model.name}` works in; tried:\n{tried}"
        if tried
        else f"no environment can be proposed for `{model.name}`",
        hint=HINT,
        detail=search.detail,
    )
