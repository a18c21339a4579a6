"""Every public function is documented, and the examples in the docstrings run."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

import qfc_helpers

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(qfc_helpers.__path__, "qfc_helpers.")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    module = importlib.import_module(name)
    results = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert results.failed == 0


# What a user imports from: in a subpackage, its front door says what is public.
@pytest.mark.parametrize(
    "name", [name for name in MODULES if name.count(".") == 1 and "._" not in name]
)
def test_public_functions_have_types_sections_and_an_example(name):
    module = importlib.import_module(name)
    assert module.__all__, f"{name} does not say what is public"
    for public in module.__all__:
        thing = getattr(module, public)
        if inspect.isfunction(thing) and thing.__module__ != "qfc_helpers.doctor":
            text = inspect.getdoc(thing) or ""
            hints = set(inspect.signature(thing).parameters) - set(thing.__annotations__)
            assert not hints, f"{name}.{public} has no type for {hints}"
            assert "return" in thing.__annotations__, f"{name}.{public} has no return type"
            assert ">>>" in text, f"{name}.{public} has no example"
            assert "Parameters\n---" in text or not inspect.signature(thing).parameters
