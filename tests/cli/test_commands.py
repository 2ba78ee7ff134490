"""Every command keeps to the contract of its package."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

import bridge.cli.commands
from bridge.cli.commands import Command, load
from bridge.cli.entry import COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("function", ["add_arguments", "run"])
def test_a_command_is_called_as_the_contract_says(name: str, function: str) -> None:
    wanted = inspect.signature(getattr(Command, function))
    # A module's function has no self.
    parameters = list(wanted.parameters.values())[1:]
    assert inspect.signature(getattr(load(name), function)) == wanted.replace(parameters=parameters)


def test_every_module_of_the_package_is_a_command() -> None:
    folder = Path(bridge.cli.commands.__file__).parent
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == set(COMMANDS)
