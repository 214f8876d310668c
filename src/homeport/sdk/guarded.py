"""A typing error in an attribute's name is an error, not a new attribute that nobody reads."""

from __future__ import annotations

from difflib import get_close_matches


class Guarded:
    """After `_close_attributes()` only attributes that exist can be set; others are an AttributeError, as in the
    original.
    """

    def _close_attributes(self) -> None:
        object.__setattr__(self, "_closed", True)

    def __setattr__(self, name: str, value: object) -> None:
        if self.__dict__.get("_closed") and name not in self.__dict__ and not hasattr(type(self), name):
            known = [each for each in (*self.__dict__, *dir(type(self))) if not each.startswith("_")]
            near = get_close_matches(name, known, n=1)
            hint = f"; did you mean `{near[0]}`?" if near else ""
            raise AttributeError(f"{type(self).__name__} has no attribute `{name}`{hint}")
        object.__setattr__(self, name, value)
