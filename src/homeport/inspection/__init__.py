"""Reading a model file without running it: what it is, what it needs, and whether it would run something unexpected."""

from homeport.inspection.inspect import inspect_model
from homeport.inspection.load_failure import explain_load_failure

__all__ = ["explain_load_failure", "inspect_model"]
