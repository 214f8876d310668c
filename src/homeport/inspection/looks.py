"""What a file that is no model looks like, for whoever wonders why it does not load."""

from __future__ import annotations

import re
from typing import Any

from homeport.domain.findings import Findings
from homeport.inspection.source import Source

HEAD = 4096

LFS = b"version https://git-lfs.github.com/spec/"

# first bytes -> what that is
_MAGICS = (
    (b"\x7fELF", "a program or library for Linux"),
    (b"MZ", "a program or library for Windows"),
    (b"%PDF-", "a PDF document"),
    (b"PAR1", "a Parquet table"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"ARROW1", "an Arrow table"),
    (b"Obj\x01", "an Avro file"),
    (b"GGUF", "a GGUF language model (llama.cpp)"),
    (b"RDX", "data of R"),
    (b"X\n\0\0\0", "data of R"),
    (b"\x28\xb5\x2f\xfd", "data compressed with zstandard"),
)


def looks_like(source: Source) -> Findings:
    """Format "unknown", and a fact that says what it is or seems to be."""
    head = source.head(HEAD)
    return Findings(format="unknown", facts=_facts(source, head))


def _facts(source: Source, head: bytes) -> dict[str, Any]:
    if source.size == 0:
        return {"looks_like": "an empty file: nothing was written, or the copy failed"}
    if head.startswith(LFS):
        return _pointer(head)
    if not head.strip(b"\0"):
        return {"looks_like": "a file of zeros, at its beginning at least: a download or copy that was cut off"}
    if re.match(rb"\s*(<!doctype html|<html)", head, re.IGNORECASE):
        title = re.search(rb"<title>([^<]{1,200})", head, re.IGNORECASE)
        said = f", titled `{title.group(1).decode('utf-8', 'replace').strip()}`" if title else ""
        return {"looks_like": f"a web page{said}: what was downloaded is not the file, but a page about it"}
    if b"<PMML" in head:
        version = re.search(rb"<PMML[^>]*\bversion=\"([\d.]{1,10})\"", head)
        return {"looks_like": "a PMML model", "pmml_version": version.group(1).decode() if version else None}
    if head[4:8] == b"TFL3":
        return {"looks_like": "a TensorFlow Lite model"}
    what = next((what for magic, what in _MAGICS if head.startswith(magic)), None)
    return {"looks_like": what or _text(head)}


def _pointer(head: bytes) -> dict[str, Any]:
    size = re.search(rb"^size (\d{1,18})\s*$", head, re.MULTILINE)
    digest = re.search(rb"^oid sha256:([0-9a-f]{64})\s*$", head, re.MULTILINE)
    facts: dict[str, Any] = {
        "looks_like": "a Git LFS pointer: a few lines that stand for the file, not the file itself. "
        "Run `git lfs pull` where it was cloned, or download the file",
        "git_lfs": True,
    }
    if size:
        facts["real_size"] = int(size.group(1))
    if digest:
        facts["real_sha256"] = digest.group(1).decode()
    return facts


def _text(head: bytes) -> str:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as wrong:
        if wrong.start < len(head) - 4:
            return "data in a form that is not known"
        text = head[: wrong.start].decode("utf-8")
    if any(ord(letter) < 32 and letter not in "\t\r\n\f" for letter in text):
        return "data in a form that is not known"
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    kind = "a JSON document" if first[:1] in "{[" and first else "text"
    return f"{kind} that is no model, beginning `{first[:80]}`"
