"""Chromium for the browser journeys: found, or installed from the system's packages by those who may."""

import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """The path of a browser that starts: CHROMIUM's if that is set, else the first on PATH; None without one."""
    for name in (os.environ.get("CHROMIUM"), *NAMES):
        path = shutil.which(name) if name else None
        if path and _starts(path):
            return path
    return None


def _starts(path: str) -> bool:
    """Whether it runs: on Ubuntu the package is a stub that asks for snap."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def may_install() -> bool:
    """Whether we are root on a system with apt."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_chromium() -> None:
    """Install it with apt; what apt says is shown. Whether it worked, `find_chromium` tells."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        subprocess.run(["apt-get", "-qq", *words], env=env, check=False)  # noqa: S607 -- apt is where the system has it
