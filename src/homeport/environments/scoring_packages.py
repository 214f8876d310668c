"""What a scoring environment needs, in place of the vendor's SDK packages."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

# In a definition these mean "what is needed to be served" or name an SDK whose part Homeport itself plays.
# Others of that vendor's packages (azureml-mlflow, azureml-interpret, ...) are installed as they are asked for.
STAND_FOR_SCORING = frozenset(
    {
        "azureml",
        "azureml-automl-core",
        "azureml-contrib-server",
        "azureml-contrib-services",
        "azureml-core",
        "azureml-dataprep",
        "azureml-dataset-runtime",
        "azureml-defaults",
        "azureml-inference-server-http",
        "azureml-model-management-sdk",
        "azureml-monitoring",
        "azureml-pipeline",
        "azureml-pipeline-core",
        "azureml-pipeline-steps",
        "azureml-sdk",
        "azureml-telemetry",
        "azureml-train",
        "azureml-train-core",
        "azureml-widgets",
    }
)
SCORING = ("inference-schema", "flask")
SCHEMA_EXTRAS = {"numpy": "numpy-support", "pandas": "pandas-support"}  # package asked for -> extra of inference-schema
# Every inference-schema pins or caps wrapt at a release without wheels for newer Pythons; it works with all of these.
WRAPT = "wrapt>=1.11"


def distribution(line: str) -> str | None:
    """The canonical name of a requirement line; None for an address or a path without a name."""
    try:
        return canonicalize_name(Requirement(strip_comment(line)).name)
    except InvalidRequirement:
        return None


def strip_comment(line: str) -> str:
    """A ` #` begins a comment; ` --hash=...` is an option of the line, not of the requirement."""
    return line.split(" #", 1)[0].split(" --", 1)[0].strip()


def replace_family(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """(the lines without the vendor's packages but with what they stand for, the names that were replaced)."""
    kept = [line for line in lines if distribution(line) not in STAND_FOR_SCORING]
    family = [line for line in lines if distribution(line) in STAND_FOR_SCORING]
    if not family:
        return list(lines), []
    named = {distribution(line) for line in kept}
    extras_asked = {extra.lower() for line in family for extra in Requirement(strip_comment(line)).extras}
    wanted = named | (extras_asked & set(SCHEMA_EXTRAS))
    extras = sorted(SCHEMA_EXTRAS[name] for name in wanted if name in SCHEMA_EXTRAS)
    added = []
    for package in SCORING:
        if package not in named:
            with_extras = package == "inference-schema" and extras
            added.append(f"{package}[{','.join(extras)}]" if with_extras else package)
    return kept + added, [str(distribution(line)) for line in family]


def overrides(lines: Sequence[str]) -> list[str]:
    """Lines for uv's `--overrides`: wrapt, where inference-schema is asked for; the user's own wish for it counts."""
    named = {distribution(line): line for line in lines}
    if "inference-schema" not in named:
        return []
    own = named.get("wrapt")
    return [strip_comment(own) if own and Requirement(strip_comment(own)).specifier else WRAPT]
