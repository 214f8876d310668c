"""Reading a model file without running it: what it is, what it needs, and whether it would run something unexpected."""

from homeport.inspection.inspect import inspect_model

__all__ = ["inspect_model"]
