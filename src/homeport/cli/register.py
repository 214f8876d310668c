"""`homeport model register`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from homeport.cli.group import WrongUsage
from homeport.cli.key_values import PairsCommand, pairs
from homeport.cli.output import json_option, print_json, say, shown
from homeport.cli.progress import ScreenProgress
from homeport.cli.workspace_option import in_workspace
from homeport.sdk.model import Model
from homeport.sdk.resource_configuration import ResourceConfiguration
from homeport.sdk.workspace import Workspace

PATH = click.Path(path_type=Path)


@click.command("register", cls=PairsCommand)
@click.argument("words", nargs=-1, metavar="[NAME] [SOURCE]")
@click.option("-n", "--name", metavar="NAME", help="The same as NAME.")
@click.option("-p", "--model-path", "source", type=PATH, metavar="SOURCE", help="The same as SOURCE.")
@click.option(
    "--child-path", "child_paths", multiple=True, metavar="PATH", help="Keep only this of a folder; repeat it."
)
@click.option(
    "-t",
    "--tag",
    "tags",
    multiple=True,
    metavar="KEY=VALUE",
    help="A tag; repeat it, or list several. As in `az ml`, a FILE.json is the metadata file.",
)
@click.option("--property", "properties", multiple=True, metavar="KEY=VALUE", help="A property: it never changes.")
@click.option("-d", "--description", metavar="TEXT", help="What the model is.")
@click.option("--model-framework", metavar="NAME", help="ScikitLearn, Onnx, PyTorch ...")
@click.option("--model-framework-version", metavar="VERSION", help="The framework's version.")
@click.option("--cc", "--cpu-cores", "cpu", type=float, metavar="CORES", help="Cores that serving it needs.")
@click.option("--gb", "--memory-gb", "memory", type=float, metavar="GB", help="Memory that serving it needs.")
@click.option("--gc", "--gpu-cores", "gpu", type=int, metavar="NUMBER", help="GPUs that serving it needs.")
@click.option("--sample-input", type=PATH, metavar="FILE", help="A JSON file: a request that the model answers.")
@click.option("--sample-output", type=PATH, metavar="FILE", help="A JSON file: the answer to the sample input.")
@click.option("--output-metadata-file", type=PATH, metavar="FILE", help="Write the model's id there, for `deploy -f`.")
@json_option
@in_workspace
def command(workspace: Workspace, words: Sequence[str], as_json: bool, **given: Any) -> None:
    """Register SOURCE, a file or a folder, as the next version of NAME."""
    name, source = _name_and_source(words, given["name"], given["source"])
    tags, metadata_file = _tags_and_file(given["tags"], given["output_metadata_file"])
    if metadata_file is not None:
        _check_metadata_file(metadata_file)
    with ScreenProgress() as progress:
        model = Model.register(
            workspace,
            model_path=source,
            model_name=name,
            tags=pairs(tags, "--tag"),
            properties=pairs(given["properties"], "--property"),
            description=given["description"],
            model_framework=given["model_framework"],
            model_framework_version=given["model_framework_version"],
            child_paths=list(given["child_paths"]) or None,
            sample_input_dataset=given["sample_input"],
            sample_output_dataset=given["sample_output"],
            resource_configuration=_resources(given["cpu"], given["memory"], given["gpu"]),
            progress=progress,
        )
    if metadata_file is not None:
        metadata_file.write_text(json.dumps({"modelId": model.id, "workspaceName": workspace.name}, indent=2) + "\n")
        say(f"wrote {shown(metadata_file)}")
    if as_json:
        print_json(model.serialize())
    else:
        click.echo(model.id)


def _name_and_source(words: Sequence[str], name: str | None, source: Path | None) -> tuple[str, Path]:
    """Positions fill what the flags left open, in the order NAME, SOURCE."""
    left = list(words)
    if name is None and left:
        name = left.pop(0)
    if source is None and left:
        source = Path(left.pop(0))
    if left:
        raise WrongUsage(f"`{left[0]}` is one word too many", hint="quote a path that has spaces in it")
    if name is None or source is None:
        raise WrongUsage(
            "the model's name is missing" if name is None else "the file or folder to register is missing",
            hint="`homeport model register NAME SOURCE`, or `homeport model register -n NAME -p SOURCE`",
        )
    return name, source


def _tags_and_file(tags: Sequence[str], file: Path | None) -> tuple[list[str], Path | None]:
    """The original's `-t` named the metadata file: a value without `=` can only be that."""
    files = [word for word in tags if "=" not in word]
    if len(files) > 1 or (files and (file is not None or not files[0].endswith(".json"))):
        raise click.BadParameter(f"`{files[-1]}` is not `key=value`", param_hint="--tag")
    return [word for word in tags if "=" in word], Path(files[0]) if files else file


def _check_metadata_file(file: Path) -> None:
    """Only what an earlier registration wrote there is written over."""
    if not file.exists():
        return
    try:
        known = "modelId" in json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        known = False
    if not known:
        raise WrongUsage(
            f"`{file}` exists, and is no metadata file of a model: it is left alone",
            hint="name a new file with `--output-metadata-file`; a tag is written `-t key=value`",
        )


def _resources(cpu: float | None, memory: float | None, gpu: int | None) -> ResourceConfiguration | None:
    if cpu is None and memory is None and gpu is None:
        return None
    return ResourceConfiguration(cpu, memory, gpu)
