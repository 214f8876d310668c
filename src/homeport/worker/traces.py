"""What a person is shown when their script fails: its own traceback, and what is in the model folder."""

import os
import traceback

OURS = os.path.dirname(os.path.abspath(__file__))
MACHINERY = "<frozen importlib"
LISTED = 200  # lines


def user_traceback(error: BaseException) -> str:
    """The traceback of `error` and of what it came from, without the frames of the worker and the import system."""
    report = traceback.TracebackException(type(error), error, error.__traceback__)
    seen = set()
    left = [report]
    while left:
        one = left.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        if one.stack is not None:
            one.stack = traceback.StackSummary.from_list([frame for frame in one.stack if not is_ours(frame.filename)])
        left += [one.__cause__, one.__context__] + list(getattr(one, "exceptions", None) or [])
    return "".join(report.format())


def is_ours(filename: str) -> bool:
    return filename.startswith(MACHINERY) or os.path.dirname(os.path.abspath(filename)) == OURS


def summary(error: BaseException) -> str:
    """One line: the kind of the error and its words."""
    return traceback.format_exception_only(type(error), error)[-1].strip()


def folder_listing(folder: str) -> str:
    """The tree below `folder`, 4 spaces per level, 200 lines at most; says so when there is no such folder."""
    if not os.path.isdir(folder):
        return "%s: no such folder\n" % folder
    lines = ["%s/" % folder.rstrip("/")]
    for here, folders, files in os.walk(folder):
        folders.sort()
        depth = os.path.relpath(here, folder).count(os.sep) + 1 if here != folder else 0
        if depth:
            lines.append("    " * depth + os.path.basename(here) + "/")
        lines += ["    " * (depth + 1) + name for name in sorted(files)]
        if len(lines) > LISTED:
            break
    if len(lines) > LISTED:
        lines = lines[: LISTED - 1] + ["..."]
    return "\n".join(lines) + "\n"
