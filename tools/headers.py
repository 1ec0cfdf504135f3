#!/usr/bin/env python3
"""Fail when a header does not compile alone, or its guard does not follow from its path.

Usage: tools/headers.py [root]
"""
import concurrent.futures
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
CC = os.environ.get("CC", "cc").split()
FLAGS = ["-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only",
         f"-I{ROOT}/src", f"-I{ROOT}/tests", "-xc", "-"]


def check(path):
    base = ROOT / ("src" if path.is_relative_to(ROOT / "src") else "tests")
    rel = path.relative_to(base)
    run = subprocess.run([*CC, *FLAGS], input=f'#include "{rel}"\nextern int not_empty;\n',
                         capture_output=True, text=True)
    prefix = "TG_" if base.name == "src" else "TG_TESTS_"
    guard = prefix + str(rel).upper().replace("/", "_").replace(".", "_").replace("-", "_")
    errors = [run.stderr.strip()] if run.returncode else []
    if f"#ifndef {guard}\n#define {guard}\n" not in path.read_text():
        errors.append(f"{path}: the guard should be {guard}")
    return errors


headers = sorted([*(ROOT / "src").rglob("*.h"), *(ROOT / "tests").rglob("*.h")])
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    bad = [error for errors in pool.map(check, headers) for error in errors]
print("\n".join(bad) or f"headers: ok, {len(headers)} compile alone")
sys.exit(bool(bad))
