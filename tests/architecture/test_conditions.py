"""The conditions under which the suite runs are the ones it promises."""

import datetime as dt
import os
import subprocess
import sys
import time
import warnings
import zipfile

import pytest

from tests.architecture.source import PACKAGE, ROOT

VENDOR = PACKAGE / "web" / "static" / "vendor"


def test_local_time_is_far_from_london() -> None:
    assert time.timezone == -14 * 3600
    assert dt.datetime(2026, 7, 1).astimezone().utcoffset() == dt.timedelta(hours=14)


def test_processes_started_by_tests_are_as_far() -> None:
    asked = [sys.executable, "-c", "import time; print(time.timezone)"]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == str(-14 * 3600)
    assert os.environ["TZ"]


def test_a_warning_is_an_error() -> None:
    with pytest.raises(UserWarning, match="heed me"):
        warnings.warn("heed me", stacklevel=1)


def test_the_wheel_carries_what_the_pages_send(tmp_path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("tagwatch-*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        str(path.relative_to(ROOT))
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }
    assert not wanted - packed, "files of the package that a wheel would lack"
    assert {str((VENDOR / name).relative_to(ROOT)) for name in ("ol.js", "hx-sse.min.js")} <= packed
    assert not [name for name in packed if name.startswith(("tests/", "setup/"))]


def test_pages_ask_for_no_reserved_font() -> None:
    for style in VENDOR.glob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert "GDS Transport" not in text, style.name
        assert "/fonts/" not in text, style.name
