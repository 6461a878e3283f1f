"""Mapping files on the operator's pages: which are in force, and whether those in the folder are right."""

from __future__ import annotations

import dataclasses
import shutil

import pytest
from web.visitors import OPERATOR

from lrs_bridge.settings import SHIPPED_MAPPINGS


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(SHIPPED_MAPPINGS, tmp_path / "mappings")


@pytest.fixture
def browser(town, folder):
    town.bridge.app.extensions["lrs_bridge.settings"] = dataclasses.replace(
        town.bridge.settings, mappings=str(folder)
    )
    return town.browser(OPERATOR)


def test_those_in_force_are_shown_with_who_put_them_there(browser):
    page = browser.get("/operator/mappings").text
    assert "No mistakes; they are in force." in page
    assert "the tests" in page
    assert "<summary>sources/nwg.yaml</summary>" in page
    assert "course: nwg_basic" in page


def test_what_is_still_an_example_is_told(browser):
    assert "To be filled in" in browser.get("/operator/mappings").text


def test_mistakes_in_the_folder_are_told_with_file_and_line(browser, folder):
    path = folder / "sources" / "nwg.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("\nsource: nwg", "\nsorce: nwg"), encoding="utf-8"
    )
    page = browser.get("/operator/mappings").text
    line = path.read_text(encoding="utf-8").split("\n").index("sorce: nwg") + 1
    assert f"<code>sources/nwg.yaml:{line} sorce</code>" in page
    assert "What is in force stays in force." in page


def test_a_change_that_is_not_in_force_yet_is_told(browser, folder):
    path = folder / "sources" / "nwg.yaml"
    path.write_text(f"{path.read_text(encoding='utf-8')}expect_within: P7D\n", encoding="utf-8")
    assert "They differ from what is in force" in browser.get("/operator/mappings").text


def test_a_folder_that_is_gone_is_told(browser, folder):
    shutil.rmtree(folder)
    assert "is no folder" in browser.get("/operator/mappings").text
