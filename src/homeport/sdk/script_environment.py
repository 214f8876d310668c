"""`--environment auto` for an entry script: proposed from its imports and its model's files, built, and checked."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from homeport.domain.environment import EnvironmentDefinition
from homeport.domain.findings import Findings
from homeport.domain.launch import Launch, OnceTask
from homeport.domain.progress import Progress
from homeport.domain.proposal import Proposal
from homeport.environments import build_environment, ready_environment, this_platform
from homeport.errors import EnvironmentBuildError, HomeportError
from homeport.runtimes.foreground import run_in_model
from homeport.sdk.model_at_hand import at_path
from homeport.sdk.no_code import MOST_TRIES, NoEnvironmentError, OneLock, named
from homeport.sdk.no_code_script import Loading
from homeport.sdk.script_imports import ScriptNeeds, needs_of
from homeport.sdk.trial_memory import Learnt, recall, remember
from homeport.sdk.trials import TrialResult
from homeport.store import home_folder

NO_MODELS = frozenset(
    {".cfg", ".csv", ".html", ".ipynb", ".log", ".md", ".png", ".py", ".pyc", ".rst", ".toml", ".yaml", ".yml"}
)
MOST_LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class FoundOut:
    """An interpreter for a script, and the variables that make its model's own modules importable."""

    interpreter: str
    variables: Mapping[str, str]


def find_out(script: Path, model_dir: str | None, progress: Progress) -> FoundOut:
    """The environment that is remembered for these very files, else the first candidate that has all imports."""
    folder = Path(os.path.abspath(model_dir)) if model_dir else None  # noqa: PTH100 - links keep their own names
    needs = needs_of(script.resolve(), tuple(filter(None, (script.resolve().parent, Path.cwd(), folder))))
    home, key = home_folder(), _key(needs, folder)
    learnt = recall(home, key, this_platform())
    if learnt is None:
        learnt = _search(script, _findings(script, needs, folder, progress), home, progress)
        remember(home, key, learnt)
    else:
        progress.step(f"environment: {named(learnt.proposal)}")
    interpreter = str(build_environment(learnt.lock, home, progress=progress).interpreter)
    own = learnt.findings.own_modules
    carries = folder is not None and any(_is_module(folder, module) for module in own)
    if not carries:
        return FoundOut(interpreter, {})
    before = os.environ.get("PYTHONPATH")
    return FoundOut(interpreter, {"PYTHONPATH": os.pathsep.join(filter(None, (before, str(folder))))})


def _is_module(folder: Path, module: str) -> bool:
    top = module.partition(".")[0]
    return (folder / f"{top}.py").is_file() or (folder / top).is_dir()


def _key(needs: ScriptNeeds, folder: Path | None) -> str:
    parts = [hashlib.sha256(file.read_bytes()).hexdigest() for file in needs.files]
    parts.append(at_path(folder).key if folder is not None and folder.is_dir() else "")
    return "script-" + hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _findings(script: Path, needs: ScriptNeeds, folder: Path | None, progress: Progress) -> Findings:
    """What the script and the model files need, as if one file said it all."""
    found = Findings(format="script", needed=needs.needed, pythons=needs.pythons)
    for file in _model_files(folder):
        one = _inspected(file)
        if one is None or not (one.framework or one.needed):
            continue
        progress.step(f"{file.name}: {', '.join(filter(None, (one.format, one.framework, one.framework_version)))}")
        days = [day for day in (found.not_before, one.not_before) if day is not None]
        found = replace(
            found,
            needed=(*one.needed, *found.needed),
            pythons=(*one.pythons, *found.pythons),
            own_modules=tuple(dict.fromkeys((*found.own_modules, *one.own_modules))),
            not_before=max(days) if days else None,
        )
    return found


def _model_files(folder: Path | None) -> list[Path]:
    """The folder itself where a library wrote it as a whole, else the files in it that may be models."""
    if folder is None or not folder.exists():
        return []
    if folder.is_file() or (folder / "MLmodel").is_file() or (folder / "saved_model.pb").is_file():
        return [folder]
    files = [file for file in sorted(folder.rglob("*")) if file.suffix not in NO_MODELS and file.is_file()]
    return files[:MOST_LOOKED_AT]


def _inspected(file: Path) -> Findings | None:
    from homeport.inspection import inspect_model  # only where nothing is remembered

    try:
        return inspect_model(file)
    except HomeportError:
        return None  # a file beside the model: a vocabulary, a note


def _search(script: Path, findings: Findings, home: Path, progress: Progress) -> Learnt:
    from homeport.environments.releases import KnownReleases  # as above
    from homeport.inspection.proposals import after_failure, propose

    releases = KnownReleases(home)
    candidate: Proposal | None = propose(findings, releases=releases)[0]
    failures: list[str] = []
    while candidate is not None and len(failures) < MOST_TRIES:
        progress.step(f"environment: {named(candidate)}")
        for reason in candidate.why:
            progress.step(f"  {reason}")
        keeper = OneLock()
        definition = EnvironmentDefinition.from_json(candidate.definition("script"))
        try:
            built = ready_environment(definition, home, keeper, progress=progress)
            failure = _missing(script, str(built.interpreter))
        except EnvironmentBuildError as wrong:
            failure = wrong.message
        if failure is None and keeper.lock is not None:
            return Learnt(
                findings=findings,
                loading=Loading("script"),
                proposal=candidate,
                lock=keeper.lock,
                result=TrialResult(stage="done", ok=True),
                failures=tuple(failures),
            )
        failures.append(str(failure))
        progress.step(f"  that does not work: {failure}")
        candidate = after_failure(candidate, findings, str(failure), releases=releases)
    raise NoEnvironmentError(
        f"no environment was found for `{script}`:\n" + "\n".join(f"  {each.splitlines()[0]}" for each in failures),
        hint="name one with `--environment NAME`, or a Python with `--python`",
    )


def _missing(script: Path, interpreter: str) -> str | None:
    """The first import that the script's text asks for and that environment has not, as Python would say it."""
    launch = Launch(
        interpreter=interpreter,
        entry_script=str(script.resolve()),
        app_root=str(Path.cwd()),
        working_directory=str(Path.cwd()),
    )
    done = run_in_model(OnceTask(launch=launch, task="check"))
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return f"the interpreter ended with status {done.returncode}: {done.stderr.strip()[-500:]}"
    missing = [finding for finding in report["findings"] if "missing" in finding]
    return f"ModuleNotFoundError: No module named '{missing[0]['missing']}'" if missing else None
