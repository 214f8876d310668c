"""safetensors: a JSON header and raw numbers, https://huggingface.co/docs/safetensors; nothing in it can run."""

from __future__ import annotations

import json
import struct
from collections import Counter
from typing import Any

from homeport.domain.findings import Findings, Needed
from homeport.errors import UnreadableModelError
from homeport.inspection.source import Source

_LONGEST = 16 << 20  # bytes of header: some hundred thousand tensors
_FRAMEWORKS = {"pt": ("PyTorch", "torch"), "tf": ("TensorFlow", "tensorflow"), "flax": ("Flax", "flax")}


def is_safetensors(head: bytes, size: int) -> bool:
    """A header's length that fits the file, then a JSON object."""
    return len(head) > 9 and head[8:9] == b"{" and 2 <= struct.unpack("<Q", head[:8])[0] <= size - 8


def read_safetensors(source: Source) -> Findings:
    """Names, types and shapes are in the header; who wrote it often is."""
    (length,) = struct.unpack("<Q", source.at(0, 8))
    if length > _LONGEST:
        raise UnreadableModelError(f"its header says to be {length:,} bytes long: it is not read")
    tensors = _header(source.at(8, length))
    said = tensors.pop("__metadata__", {})
    said = said if isinstance(said, dict) else {}
    end = 8 + length + max((_end(tensor) for tensor in tensors.values()), default=0)
    facts: dict[str, Any] = {
        "tensors": len(tensors),
        "types": dict(Counter(str(tensor.get("dtype")) for tensor in tensors.values())),
        "first_tensors": {name[:200]: tensor.get("shape") for name, tensor in list(tensors.items())[:10]},
        "metadata": {str(key)[:100]: str(value)[:500] for key, value in list(said.items())[:20]},
        "weights_only": True,
    }
    if end > source.size:
        facts["damaged"] = f"it is cut short: its tensors end at {end:,}, the file at {source.size:,}"
    framework, distribution = _FRAMEWORKS.get(str(said.get("format")), (None, None))
    needed = [Needed(distribution="safetensors", why="the file's format", sure="certain")]
    if distribution:
        needed.append(Needed(distribution=distribution, why=f"its metadata says `{said['format']}`", sure="likely"))
    return Findings(format="safetensors", framework=framework, needed=tuple(needed), facts=facts)


def _header(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as wrong:
        raise UnreadableModelError("it is damaged: its header is not JSON") from wrong
    if not isinstance(header, dict) or not all(isinstance(value, dict) for value in header.values()):
        raise UnreadableModelError("it is damaged: its header does not tell of tensors")
    return header


def _end(tensor: dict[str, Any]) -> int:
    offsets = tensor.get("data_offsets")
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(type(each) is int for each in offsets):
        raise UnreadableModelError("it is damaged: a tensor has no place in it")
    return int(offsets[1])
