"""`homeport serve`: this process becomes the scoring server. Exit 1 for a wrong call, 3 for a failed start."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from homeport.cli.edge import show_error, show_usage
from homeport.cli.group import WrongUsage
from homeport.cli.output import say
from homeport.cli.progress import ScreenProgress
from homeport.cli.serving_options import serving_options, told_options
from homeport.domain.address import is_local
from homeport.domain.serving import ServingOptions
from homeport.errors import HomeportError, InvalidInputError, MissingPathError
from homeport.sdk.serving import (
    Serving,
    ensure_keys,
    environment_of,
    is_model,
    launch_for,
    named_interpreter,
    serve,
)

WRONG_CALL, FAILED_START = 1, 3  # the reference's exit statuses; every other command has 0, 1 and 2


class ServeCommand(click.Command):
    """A wrong call ends with 1, not with click's 2."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as wrong:
            show_usage(wrong)
            raise click.exceptions.Exit(WRONG_CALL) from wrong

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.UsageError as wrong:
            show_usage(wrong)
            raise click.exceptions.Exit(WRONG_CALL) from wrong
        except MissingPathError as missing:
            show_error(missing)
            raise click.exceptions.Exit(FAILED_START) from missing
        except HomeportError as wrong:
            show_error(wrong)
            raise click.exceptions.Exit(WRONG_CALL if isinstance(wrong, InvalidInputError) else FAILED_START) from wrong


def port_number(text: str) -> int:
    """1 to 65535, or `auto` for any free one, which is 0."""
    port = 0 if text == "auto" or not text.isdigit() else int(text)
    if text != "auto" and not 1 <= port <= 65535:
        raise click.BadParameter(f"`{text}` is not a port: use 1 to 65535, or `auto`")
    return port


@click.command("serve", cls=ServeCommand)
@click.argument("target", required=False, type=click.Path(path_type=Path), metavar="[SCRIPT|MODEL|BUNDLE]")
@click.option("--entry_script", "--entry-script", type=click.Path(path_type=Path), help="The same as SCRIPT.")
@click.option("--port", type=port_number, default="5001", metavar="PORT", show_default=True, help="Or `auto`.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Off this machine it needs a key, or --no-key.")
@click.option(
    "--key-file", type=click.Path(path_type=Path), help="Two keys, of which callers need one; written where missing."
)
@click.option("--no-key", is_flag=True, help="Let everyone score who can reach the address.")
@click.option("--model-dir", "--model_dir", help="What AZUREML_MODEL_DIR says to the script.")
@click.option("--python", "python", metavar="INTERPRETER", help="The model's own Python.")
@click.option(
    "--environment",
    metavar="NAME[:VERSION]",
    help="A registered environment, built where it is not yet; or `auto`: found out, as always for a MODEL.",
)
@click.option("-w", "--workspace", metavar="NAME", help="The workspace of that environment.")
@click.option("--trust", is_flag=True, help="Load a MODEL that runs code of its own, whatever the workspace's policy.")
@click.option(
    "--workers", "--worker-count", "--worker_count", type=click.IntRange(min=1), help="Processes. [default: 1]"
)
@click.option("--config-file", "--config_file", type=click.Path(path_type=Path), help="JSON with settings by variable.")
@click.option("--access-control-allow-origins", "--access_control_allow_origins", "origins", help="CORS: a comma list.")
@click.option(
    "--health-port", "--health_port", type=port_number, metavar="PORT", help="With SEPERATE_HEALTH_ENDPOINT=true."
)
@click.option(
    "--debug",
    type=click.IntRange(1, 65535),
    is_flag=False,
    flag_value=5678,
    metavar="[PORT]",
    help="Wait for a debugger on PORT, or 5678, before init() runs; without deadlines.",
)
@click.option("--watch", is_flag=True, help="Serve each edit of the script's folder and of --model-dir.")
@serving_options
@click.option("--appinsights-instrumentation-key", "--appinsights_instrumentation_key", "insights", hidden=True)
@click.option("--rest", is_flag=True, hidden=True)
def command(target: Path | None, entry_script: Path | None, port: int, host: str, **told: Any) -> None:
    """Serve an entry script in place, a model file alone, or a bundle, in the foreground.

    A MODEL is served in an environment that is found out from the file, built and tried; it answers
    `{"data": [[...]], "method": "predict"}`, and `--sample-input` names a request that it must answer.
    """
    if target is not None and entry_script is not None:
        raise click.UsageError("name the script once: as SCRIPT or with --entry_script")
    key_file = told["key_file"]
    if key_file is not None and told["no_key"]:
        raise click.UsageError("--key-file and --no-key exclude each other")
    if told["watch"] and told["debug"] is not None:
        raise click.UsageError("--watch and --debug exclude each other: the debugger holds on to one worker")
    check_host(host, free=told["no_key"] or key_file is not None)
    options = ServingOptions.from_json(told_options(told))
    config = read_config(told["config_file"])
    chosen = target or entry_script or named_in(config)
    place = chosen_place(chosen, told, options, port)
    serving = Serving(
        target=place.target,
        host=host,
        port=port,
        workers=told["workers"] or count_of(os.environ.get("WORKER_COUNT") or config.get("WORKER_COUNT")),
        interpreter=place.interpreter,
        variables={**told_variables(told, config), **place.variables},
        options=options,
        key_file=None if key_file is None else prepare_keys(key_file),
        watch=told["watch"],
        debug=told["debug"],
        app_root=place.app_root,
    )
    if serving.debug is not None:
        prepare_debugger(serving)
    serve(serving)


@dataclass(frozen=True, slots=True)
class Place:
    """What is served and in which interpreter; `variables` are the environment's, or name the model's folder."""

    target: Path
    interpreter: str | None
    variables: Mapping[str, str]
    app_root: Path | None = None


def chosen_place(target: Path, told: Mapping[str, Any], options: ServingOptions, port: int) -> Place:
    """A model file's own script and environment; else the target as it is."""
    if is_model(target):
        return place_of_model(target, told, options, port)
    if told["environment"] == "auto":
        return place_of_script(target, told)
    interpreter, variables = chosen_interpreter(told["python"], told["environment"], told["workspace"])
    return Place(target, interpreter, variables)


def place_of_script(target: Path, told: Mapping[str, Any]) -> Place:
    from homeport.sdk.script_environment import find_out  # as below

    if told["python"]:
        raise click.UsageError("--python and --environment exclude each other")
    if not target.is_file():
        raise MissingPathError(f"there is no entry script at `{target}`", hint="check the path")
    with ScreenProgress() as progress:
        found = find_out(target, told["model_dir"], progress)
    return Place(target, found.interpreter, found.variables)


def place_of_model(target: Path, told: Mapping[str, Any], options: ServingOptions, port: int) -> Place:
    from homeport.cli.serve_model import prepare_model  # what it needs to look at a model costs a plain start 200 ms

    if told["model_dir"]:
        raise click.UsageError("--model-dir is for scripts: a model file is its own")
    named = None if told["environment"] == "auto" else told["environment"]
    interpreter, variables = chosen_interpreter(told["python"], named, told["workspace"])
    prepared = prepare_model(target, interpreter, options.sample_input, told, port)
    return Place(prepared.target, prepared.interpreter, {**variables, **prepared.variables}, prepared.app_root)


def prepare_debugger(serving: Serving) -> None:
    """Installed while there is a screen to say so on."""
    from homeport.sdk.debugging import install_debugger  # the environments' room costs a plain start 30 ms

    with ScreenProgress() as progress:
        install_debugger(launch_for(serving).interpreter, progress)


def prepare_keys(path: Path) -> str:
    """The file's absolute path, once it has two keys in it; a missing one is made with random keys."""
    if ensure_keys(path):
        say(f"two new keys are in `{path}`: callers send either as `Authorization: Bearer KEY`")
    return str(path.absolute())


def check_host(host: str, *, free: bool) -> None:
    """Off the loopback only with keys, or where they are refused by name."""
    if not free and not is_local(host):
        raise WrongUsage(
            f"`{host}` can be reached from other machines, so that callers need a key",
            hint="say `--key-file FILE` (it is written where it is missing), or `--no-key` to let everyone score",
        )


def chosen_interpreter(
    python: str | None, environment: str | None, workspace: str | None
) -> tuple[str | None, Mapping[str, str]]:
    """(interpreter or None for the default, the environment's variables)."""
    if python and environment:
        raise click.UsageError("--python and --environment exclude each other")
    if python:
        return named_interpreter(python), {}
    if environment:
        with ScreenProgress() as progress:
            return environment_of(environment, workspace, progress)
    return None, {}


def read_config(path: Path | None) -> dict[str, Any]:
    """The file that --config_file names, for what this command itself needs of it; the server reads the rest."""
    named = path or os.environ.get("AZUREML_CONFIG_FILE")
    if not named:
        return {}
    try:
        document = json.loads(Path(named).read_text(encoding="utf-8"))
    except (OSError, ValueError) as wrong:
        say(f"error: the configuration file `{named}` cannot be read: {wrong}")
        raise click.exceptions.Exit(FAILED_START) from wrong
    return document if isinstance(document, dict) else {}


def named_in(config: Mapping[str, Any]) -> Path:
    if "AZUREML_ENTRY_SCRIPT" in config:
        return Path(str(config["AZUREML_ENTRY_SCRIPT"]))
    raise WrongUsage(
        "no entry script is named", hint="say `homeport serve SCRIPT`, for example `homeport serve score.py`"
    )


def count_of(text: object) -> int:
    """WORKER_COUNT: a bad one is a failed start, one below 1 a wrong call, as in the reference."""
    if text is None:
        return 1
    try:
        count = int(str(text))
    except ValueError as wrong:
        say(f"error: WORKER_COUNT must be a whole number, got `{text}`")
        raise click.exceptions.Exit(FAILED_START) from wrong
    if count < 1:
        raise click.UsageError(f"WORKER_COUNT must be 1 or more, got `{text}`")
    return count


def told_variables(told: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, str]:
    """The flags as the variables that they stand for; flag before variable before file."""
    variables = {
        "AZUREML_MODEL_DIR": told["model_dir"],
        "AML_CORS_ORIGINS": told["origins"],
        "HEALTH_PORT": str(told["health_port"]) if told["health_port"] else None,
        "AZUREML_CONFIG_FILE": str(told["config_file"].absolute()) if told["config_file"] else None,
        "AML_APP_INSIGHTS_KEY": told["insights"],
    }
    if told["model_dir"] and not Path(told["model_dir"]).exists():
        say(f"warning: the model folder `{told['model_dir']}` does not exist; AZUREML_MODEL_DIR names it all the same")
    if told["insights"]:
        say(insights_note(told["insights"]))
    if "AZUREML_MODEL_DIR" in config and "AZUREML_MODEL_DIR" not in os.environ:
        variables["AZUREML_MODEL_DIR"] = variables["AZUREML_MODEL_DIR"] or str(config["AZUREML_MODEL_DIR"])
    return {name: value for name, value in variables.items() if value is not None}


def insights_note(key: str) -> str:
    try:
        UUID(key)
    except ValueError:
        return f"note: `{key}` is not an instrumentation key; nothing is sent to Application Insights"
    return "note: nothing is sent to Application Insights: Homeport keeps its log here"
