"""Bundles, and what makes a running service of one."""

from homeport.runtimes.bundle import launch_of, read_bundle, write_bundle
from homeport.runtimes.deployment import Deployment, DeploymentChange, ModelSource
from homeport.runtimes.foreground import serve_in_foreground
from homeport.runtimes.process import ProcessRuntime
from homeport.runtimes.status import ServiceStatus

__all__ = [
    "Deployment",
    "DeploymentChange",
    "ModelSource",
    "ProcessRuntime",
    "ServiceStatus",
    "launch_of",
    "read_bundle",
    "serve_in_foreground",
    "write_bundle",
]
