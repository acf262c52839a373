"""Finds or makes the virtual environment that has `spu`, and finds Yinhe's programs."""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SPU = "0.9.5"
SPU_PYTHONS = ((3, 10), (3, 11))


class Unavailable(Exception):
    """Something that is needed is not there, with what to do about it."""


def cache_folder():
    return os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")


def environment(venv, base, without):
    """The Python of a virtual environment that has spu; makes it when there is none. `without` names the way to do without."""
    return environment_with({"spu": SPU}, "spu.psi", venv, base, without)


def environment_with(packages, module, venv, base, without, pythons=SPU_PYTHONS):
    """The same for `packages`, names and versions, of which the first names the environment; `module` must load. `pythons`: versions of CPython
    that the first has wheels for."""
    name, version = next(iter(packages.items()))
    venv = os.path.abspath(venv or os.path.join(cache_folder(), "yinhe", f"{name}-{version}"))
    python = os.path.join(venv, "bin", "python")
    versions = " and ".join(f"m.version('{package}') == '{wanted}'" for package, wanted in packages.items())
    probe = [python, "-c", f"import importlib.metadata as m; assert {versions}; import {module}"]
    if os.path.exists(python) and subprocess.run(probe, capture_output=True).returncode == 0:
        return python
    if base is None:
        names = [sys.executable] + [f"python{major}.{minor}" for major, minor in reversed(pythons)]
        base = next((path for path in names if usable(path, pythons)), None)
    if base is None or not usable(base, pythons):
        listed = ", ".join(f"{major}.{minor}" for major, minor in pythons)
        raise Unavailable(
            f"{name} {version} has wheels for CPython {listed} on Linux x86-64 only, and no such Python was found; give one"
            f" with --python, or leave it out with {without}\n"
            f"{name} {version} 只有 Linux x86-64 上 CPython {listed} 的安装包：请用 --python 指定，或用 {without} 略过")
    print(f"installing {name} {version} into {venv} …", file=sys.stderr)
    wanted = [f"{package}=={number}" for package, number in packages.items()]
    for command in ([base, "-m", "venv", venv], [python, "-m", "pip", "install", "--quiet", *wanted]):
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise Unavailable(
                f"`{' '.join(command)}` failed:\n{done.stderr.strip()[-1500:]}\n"
                "pip needs a package index that it can reach (PIP_INDEX_URL, PIP_FIND_LINKS); or give a ready environment with"
                " --venv\n"
                "pip 需要可访问的软件源（PIP_INDEX_URL、PIP_FIND_LINKS）；也可用 --venv 指定已装好的环境")
    done = subprocess.run(probe, capture_output=True, text=True)
    if done.returncode != 0:
        raise Unavailable(f"{name} {version} is installed in {venv} but does not load:\n{done.stderr.strip()[-1500:]}")
    return python


def usable(python, pythons=SPU_PYTHONS):
    probe = "import sys, sysconfig; print(sys.version_info[0], sys.version_info[1], sysconfig.get_platform())"
    try:
        done = subprocess.run([python, "-c", probe], capture_output=True, text=True)
    except OSError:
        return False
    major, minor, platform = (done.stdout.split() + ["0", "0", ""])[:3]
    return (int(major), int(minor)) in pythons and platform == "linux-x86_64"


def program(given, name):
    """The path of one of Yinhe's programs: as given, or in the release build of this repository."""
    if given:
        path = os.path.abspath(given)
    else:
        root = os.path.dirname(os.path.dirname(HERE))
        swift = os.environ.get("SWIFT", "swift")
        try:
            shown = subprocess.run(
                [swift, "build", "-c", "release", "--show-bin-path"], cwd=root, capture_output=True, text=True)
        except OSError:
            raise Unavailable(f"no `{swift}`: give the program with --yinhe PATH") from None
        path = os.path.join(shown.stdout.strip(), name)
    if not os.access(path, os.X_OK):
        raise Unavailable(
            f"there is no program at {path}: run `make build`, or give it with --yinhe PATH\n"
            "请先运行 `make build`，或用 --yinhe 指定程序")
    return path


def number(text):
    """65536, 1e6 or 2^16."""
    base, _, exponent = text.partition("^")
    value = int(base) ** int(exponent) if exponent else int(float(base)) if "e" in base else int(base)
    if value < 2:
        raise ValueError
    return value
