"""What numbers depend on beside the packages: interpreter, C library, processor, and which BLAS computes on it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from homeport.domain.json import JsonObject
from homeport.environments.interpreter import clean_variables

_SECONDS = 120
# Runs on Python 3.6 and newer. BLAS libraries are those that numpy and scipy have loaded; OpenBLAS tells which kernel
# it has chosen for this processor, which is what makes two machines differ in the last digits.
_PROBE = r"""
import ctypes, json, os, platform, re, sys
def first(function, *words):
    try:
        return function(*words)
    except Exception:
        return None
def libc():
    return os.confstr("CS_GNU_LIBC_VERSION")
def cpu():
    found = {}
    with open("/proc/cpuinfo") as lines:
        for line in lines:
            name, _, value = line.partition(":")
            found.setdefault(name.strip(), value.strip())
    flags = (found.get("flags") or found.get("Features") or "").split()
    kept = [flag for flag in flags if re.match("(avx|fma|sse4|asimd|sve|neon|bf16|amx)", flag)]
    return {"model": found.get("model name") or platform.processor(), "flags": sorted(kept)}
def loaded():
    with open("/proc/self/maps") as lines:
        paths = {line.split(None, 5)[5].strip() for line in lines if len(line.split(None, 5)) == 6}
    known = re.compile(r"(openblas|mkl_rt|libblis|libblas|flexiblas)")
    return sorted(path for path in paths if known.search(os.path.basename(path)))
def symbol(library, *names):
    for name in names:
        for ending in ("", "64_", "_64"):
            for begin in ("", "scipy_"):
                function = getattr(library, begin + name + ending, None)
                if function is not None:
                    function.restype = ctypes.c_char_p
                    return function().decode("ascii", "replace").strip()
    return None
def blas(path):
    library = ctypes.CDLL(path)
    return {
        "library": os.path.basename(path),
        "config": symbol(library, "openblas_get_config"),
        "kernel": symbol(library, "openblas_get_corename"),
    }
facts = {
    "python": sys.version.split()[0], "implementation": platform.python_implementation(),
    "compiler": platform.python_compiler(), "libc": first(libc), "machine": platform.machine(),
    "system": platform.system() + " " + platform.release(), "cpu": first(cpu), "cores": os.cpu_count(),
    "versions": {}, "blas": [],
}
for name in ("numpy", "scipy.linalg"):
    module = first(__import__, name)
    if module is not None:
        facts["versions"][name.partition(".")[0]] = getattr(module, "__version__", None)
facts["blas"] = [each for each in (first(blas, path) for path in first(loaded) or []) if each]
print(json.dumps(facts))
"""


def fingerprint(interpreter: Path) -> JsonObject:
    """Run a small script there and give what it found; `{"error": ...}` where it does not run."""
    try:
        done = subprocess.run(
            [str(interpreter), "-E", "-s", "-c", _PROBE],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            env=clean_variables(os.environ),
            cwd="/",
        )
        found: JsonObject = json.loads(done.stdout.strip().rpartition("\n")[2])
    except (OSError, ValueError, subprocess.TimeoutExpired) as wrong:
        return {"error": f"the interpreter did not tell: {wrong}"}
    return found
