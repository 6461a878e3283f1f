"""Tiny real packages for Moodle to play: SCORM 1.2, and H5P with a library of its own, so that nothing is fetched."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

_MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="bridge.test" version="1" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
    xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
  <metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
  <organizations default="all">
    <organization identifier="all">
      <title>Signs and signals</title>
      <item identifier="only" identifierref="page"><title>Signs and signals</title></item>
    </organization>
  </organizations>
  <resources>
    <resource identifier="page" type="webcontent" adlcp:scormtype="sco" href="page.html"><file href="page.html"/></resource>
  </resources>
</manifest>
"""
_PAGE = (
    "<!DOCTYPE html><html lang='en'><head><title>Signs</title></head><body>Signs and signals</body></html>"
)
_VERSION = {"majorVersion": 1, "minorVersion": 0}
H5P_LIBRARY = "H5P.BridgeTest"


def scorm(file: Path) -> Path:
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("imsmanifest.xml", _MANIFEST)
        package.writestr("page.html", _PAGE)
    return file


def h5p(file: Path) -> Path:
    library = {
        "title": "Signs",
        "machineName": H5P_LIBRARY,
        **_VERSION,
        "patchVersion": 1,
        "runnable": 1,
        "preloadedJs": [{"path": "signs.js"}],
    }
    content = {
        "title": "Signs and signals",
        "language": "en",
        "mainLibrary": H5P_LIBRARY,
        "embedTypes": ["iframe"],
        "license": "U",
        "preloadedDependencies": [{"machineName": H5P_LIBRARY, **_VERSION}],
    }
    folder = f"{H5P_LIBRARY}-1.0"
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("h5p.json", json.dumps(content))
        package.writestr("content/content.json", json.dumps({"text": "Signs and signals"}))
        package.writestr(f"{folder}/library.json", json.dumps(library))
        package.writestr(
            f"{folder}/semantics.json", json.dumps([{"name": "text", "type": "text", "label": "Text"}])
        )
        package.writestr(
            f"{folder}/signs.js", f"H5P[{H5P_LIBRARY.partition('.')[2]!r}] = function () {{}};\n"
        )
    return file
