"""From an imported name to its distribution."""

from __future__ import annotations

import pytest

from homeport.inspection.imports import DISTRIBUTIONS, distribution_of


@pytest.mark.parametrize(
    ("module", "distribution"),
    [
        ("sklearn.svm._classes", "scikit-learn"),
        ("PIL.Image", "pillow"),
        ("cv2", "opencv-python-headless"),
        ("yaml", "pyyaml"),
        ("google.protobuf.message", "protobuf"),
        ("category_encoders.ordinal", "category-encoders"),
        ("pkg_resources", "setuptools"),
        ("numpy", "numpy"),
    ],
)
def test_names_that_differ_are_known(module: str, distribution: str) -> None:
    assert distribution_of(module) == distribution


@pytest.mark.parametrize("module", ["os.path", "collections", "distutils.version", "imp", "__main__", "cPickle", ""])
def test_the_standard_library_of_any_python_and_a_scripts_own_names_are_no_distributions(module: str) -> None:
    assert distribution_of(module) is None


def test_the_table_holds_only_exceptions() -> None:
    assert all(module.replace("_", "-").lower() != name for module, name in DISTRIBUTIONS.items())
