"""Text that others wrote, on a terminal: names in files and words of libraries may hold what moves its cursor."""

from __future__ import annotations


def visible(text: str) -> str:
    """Lines and tabs stay; other control characters are spelt out."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )
