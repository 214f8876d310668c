"""Bundles, and what makes a running service of one."""

from homeport.runtimes.bundle import launch_of, read_bundle, write_bundle
from homeport.runtimes.deployment import Deployment, DeploymentChange, ModelSource

__all__ = [
    "Deployment",
    "DeploymentChange",
    "ModelSource",
    "launch_of",
    "read_bundle",
    "write_bundle",
]
