"""Sizes as people write them."""

from __future__ import annotations


def byte_size(size: float) -> str:
    """`812 B`, `63.7 kB`, `1.1 GB`; powers of 1000."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
