"""What PyTorch writes: the zip since 1.6, TorchScript, and the files before that (pickles in a row, or a tar).

Sources of the facts: torch/serialization.py and caffe2/serialize/inline_container.h of PyTorch. Only pickles can run
something; TorchScript's `code/` is a language of its own, whose operators can at most read and write files.
"""

from __future__ import annotations

import tarfile
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from homeport.domain.findings import Findings, Needed, Sure
from homeport.errors import UnreadableModelError
from homeport.inspection.archive import Archive, Member
from homeport.inspection.embedded import archive_risks, inspect_member, inspect_stream, with_inner
from homeport.inspection.pickle_findings import findings_of
from homeport.inspection.pickle_report import read_pickle
from homeport.inspection.source import Source
from homeport.inspection.windows import Window

LEGACY = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."  # a pickle of the magic number 0x1950a86a20f9469cfc6c

_PICKLES = (".pkl", ".pickle", ".debug_pkl")
_OBJECT = 3  # of the pickles in a row before 1.6: magic number, protocol, machine, then the object
_TAR_MEMBERS = 1000

# what a zip has -> the first release that writes it, the newest first
_SIGNS = (
    ("/.format_version", ">=2.6", "`.format_version`, as of 2.6"),
    ("/byteorder", ">=2.1", "`byteorder`, as of 2.1"),
    ("/data/", ">=1.6", "a zip with `data/`, as of 1.6"),  # TorchScript has it since 1.4
)


def is_torch(archive: Archive) -> bool:
    """`NAME/data.pkl` beside `NAME/version` or `NAME/constants.pkl`."""
    tops = {member.name.rpartition("/")[0] for member in archive.named("/data.pkl")}
    names = {member.name for member in archive.members}
    return any({f"{top}/version", f"{top}/constants.pkl", f"{top}/.data/version"} & names for top in tops) or (
        "data.pkl" in names and "version" in names
    )


def read_zip(archive: Archive, allowed: Collection[str]) -> Findings:
    """`torch.save` since 1.6, or TorchScript."""
    pickles = [member for member in archive.members if member.name.endswith(_PICKLES)]
    main = next((member for member in pickles if member.name.endswith("data.pkl")), pickles[0])
    script = any("/code/" in member.name for member in archive.members) and bool(archive.named("constants.pkl"))
    if script:
        return _script(archive, allowed, pickles)
    inner = {member.name: inspect_member(archive, member, allowed) for member in pickles}
    outer = _torch("torch", inner[main.name], _release(archive))
    risks, facts = archive_risks(archive, allowed)
    facts |= {"tensors": sum(_is_tensor(member.name) for member in archive.members), **_version(archive)}
    return with_inner(
        replace(outer, risks=(*outer.risks, *risks), facts={**outer.facts, **facts}), list(inner.values())
    )


def read_legacy(source: Source, allowed: Collection[str]) -> Findings:
    """`torch.save` before 1.6, or later with the old form asked for."""
    report = read_pickle(Window(source, 0, source.size), source.size)
    inner = findings_of(replace(report, roots=report.roots[_OBJECT : _OBJECT + 1]), allowed)
    if len(report.roots) <= _OBJECT:
        inner = replace(inner, facts={**inner.facts, "damaged": "it is cut short: the object is not there"})
    why = "the form before 1.6, which later releases read and can write"
    return with_inner(_torch("torch-legacy", inner, ("", why, "likely")), [inner])


def read_tar(source: Source, allowed: Collection[str]) -> Findings:
    """`torch.save` before 0.1.10: a tar with `pickle`, `storages` and `tensors`."""
    inner: list[Findings] = []
    try:
        with tarfile.open(fileobj=Window(source, 0, source.size), mode="r:") as tar:
            for number, member in enumerate(tar):
                if number >= _TAR_MEMBERS:
                    raise UnreadableModelError("it has more files in it than any model of that form")
                if member.isreg() and member.name.rpartition("/")[2] in ("pickle", "storages", "tensors", "sys_info"):
                    size = min(member.size, source.size)
                    inner.append(inspect_stream(Window(source, member.offset_data, size), size, allowed))
    except (tarfile.TarError, EOFError, ValueError, OSError) as wrong:
        raise UnreadableModelError(f"it is a damaged tar: {wrong}") from wrong
    if not inner:
        return Findings(format="tar", facts={"looks_like": "a tar archive that is no model"})
    return with_inner(_torch("torch-tar", inner[0], ("", "the form before 0.1.10", "likely")), inner)


def _torch(form: str, main: Findings, release: tuple[str, str, Sure]) -> Findings:
    specifier, why, sure = release
    modules = any(name.startswith("torch.nn.modules.") for name in main.globals)
    whole = modules or bool(main.own_modules)
    facts: dict[str, Any] = {
        **({"damaged": main.facts["damaged"]} if "damaged" in main.facts else {}),
        "kind": "module" if whole else "state_dict",
        "weights_only": not whole,
    }
    return Findings(
        format=form,
        framework="PyTorch",
        model_class=main.model_class,
        protocol=main.protocol,
        needed=(Needed(distribution="torch", specifier=specifier, why=why, sure=sure),),
        facts=facts,
    )


def _script(archive: Archive, allowed: Collection[str], pickles: list[Member]) -> Findings:
    code = [member.name for member in archive.members if "/code/" in member.name and member.name.endswith(".py")]
    risks, facts = archive_risks(archive, allowed)
    # TorchScript reads its pickles by itself and imports no Python; what another loader would run is still told
    parts = [inspect_member(archive, member, allowed) for member in pickles]
    found = {risk.name: risk for part in parts for risk in part.risks if risk.danger == "runs_code"}
    facts |= {"kind": "torchscript", "code_files": len(code), **_version(archive)}
    specifier, why, sure = _release(archive)
    if specifier in ("", ">=1.6"):
        specifier, why = ">=1.4", "TorchScript with pickles in it, as of 1.4"
    return Findings(
        format="torchscript",
        framework="PyTorch",
        model_class="torch.jit.ScriptModule",
        needed=(Needed(distribution="torch", specifier=specifier, why=why, sure=sure),),
        risks=(*risks, *found.values()),
        facts=facts,
    )


def _release(archive: Archive) -> tuple[str, str, Sure]:
    for part, specifier, why in _SIGNS:
        if any(part in f"/{member.name}" for member in archive.members):
            return specifier, why, "likely"
    return "", "the file's format", "likely"


def _version(archive: Archive) -> dict[str, Any]:
    found = next((member for member in archive.members if f"/{member.name}".endswith("/version")), None)
    text = archive.peek(found, 20).decode("ascii", "replace").strip() if found else ""
    return {"file_version": int(text)} if text.isascii() and text.isdigit() else {}


def _is_tensor(name: str) -> bool:
    top, _, last = name.rpartition("/")
    return last.isdigit() and top.rpartition("/")[2] in ("data", "tensors")
