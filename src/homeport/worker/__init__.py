"""Runs inside the model's environment beside user code: standard library only, Python 3.6 and newer."""
