"""The models of the zoo. Runs inside an environment of their time: Python 3.6 syntax, imports where they are used.

The maker runs `python -c RUN NAME FOLDER` beside a copy of this folder: it makes one model and its predictions.json.
"""

import json
import os
import platform
import sys

from recipes import around, boosted, scikit  # noqa: F401 - they put their recipes into the register
from recipes.base import RECIPES, plain

# Byte code keeps the path that it was compiled from, which is to be nobody's machine.
with open("recipes/carried.py", encoding="utf-8") as source:
    exec(compile(source.read(), "carried.py", "exec"), {"__name__": "__main__"})


def versions():
    try:
        from importlib.metadata import distributions
    except ImportError:
        import pkg_resources

        return {each.project_name.lower().replace("_", "-"): each.version for each in pkg_resources.working_set}
    return {each.metadata["Name"].lower().replace("_", "-"): each.version for each in distributions()}


def given_as(given, form):
    if form == "records":
        return json.loads(given.to_json(orient="records"))
    return plain(given)


def main(name, folder):
    os.makedirs(folder, exist_ok=True)
    made = RECIPES[name](folder)
    record = {
        "recipe": name,
        "model": made.file,
        "python": platform.python_version(),
        "packages": {key: value for key, value in sorted(versions().items()) if key not in ("pip", "wheel")},
        "form": made.form,
        "data": given_as(made.given, made.form),
        "predictions": made.answers,
    }
    with open(os.path.join(folder, "predictions.json"), "w") as out:
        json.dump(record, out, indent=1, sort_keys=True)
        out.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
