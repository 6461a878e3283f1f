"""What people can use is told: every command and setting in the README or its docs, every environment name in the example."""

from pathlib import Path

import pytest

from lrs_bridge.cli import main
from lrs_bridge.flows.imports import KINDS
from lrs_bridge.mapping_files.schemas import SCHEMAS
from lrs_bridge.settings import TABLE

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONFIG = (ROOT / "config/lrs_bridge.toml").read_text(encoding="utf-8")
IMPORTS = (ROOT / "docs/imports.md").read_text(encoding="utf-8")
MAPPINGS = (ROOT / "docs/mapping-files.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_stands_in_the_readme(command):
    assert f"lrs-bridge {command}" in README or f"`{command}`" in README


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_has_an_example(command):
    assert "Example" in (main.commands[command].epilog or "")


@pytest.mark.parametrize("setting", [setting.name for setting in TABLE])
def test_every_setting_stands_in_the_example_config_or_is_a_secret(setting):
    assert f"# {setting} =" in CONFIG or f"#   [{setting}." in CONFIG or "password" in setting


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_import_stands_in_the_readme(kind):
    assert f"`{kind}`" in README


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_column_of_an_import_is_told(kind):
    section = IMPORTS.partition(f"\n## {kind}\n")[2].partition("\n## ")[0]
    told = [line.split("|")[1].strip() for line in section.splitlines() if line.startswith("| `")]
    assert told == [f"`{one.name}`{' *' * one.required}" for one in KINDS[kind].columns]


def keys_of(schema):
    for name, field in schema.fields.items():
        yield name
        for inner in (field, getattr(field, "inner", None), getattr(field, "value_field", None)):
            nested = getattr(inner, "schema", None) if hasattr(inner, "nested") else None
            if nested is not None and type(nested).__name__ != "Need":
                yield from keys_of(nested)


@pytest.mark.parametrize("key", sorted({key for schema in SCHEMAS.values() for key in keys_of(schema)}))
def test_every_key_of_the_mapping_files_is_told(key):
    assert key in MAPPINGS


def test_the_rooms_of_the_pages_are_told():
    """docs/design.md names every module in web/ and every folder there that has pages."""
    design = (
        (ROOT / "docs/design.md")
        .read_text(encoding="utf-8")
        .partition("## The pages")[2]
        .partition("\n## ")[0]
    )
    web = ROOT / "lrs_bridge/web"
    rooms = {path.stem for path in web.glob("*_pages.py")}
    rooms |= {f"{path.parent.name}/" for path in web.glob("*/blueprint.py")}
    assert {room for room in rooms if f"`{room}`" not in design} == set()
