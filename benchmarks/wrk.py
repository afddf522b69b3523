"""``wrk``, for single GETs and envelopes: it takes less of the machine than ours would.

It waits for a body after a HEAD, so that HEAD is not for it.
"""

import json
import resource
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.images import MANIFEST_TYPE
from benchmarks.load import Load
from benchmarks.operations import digest_path, listing_of, manifest_path
from benchmarks.stock import Stock

_SCRIPT: Final = Path(__file__).with_name("wrk.lua")
_STEADY: Final = Path(__file__).with_name("wrk-steady.lua")


def is_installed() -> bool:
    """Tell whether there is a ``wrk``."""
    return shutil.which("wrk") is not None


def paths_of(act: str, stock: Stock) -> Sequence[str]:
    """Return the paths that an act asks for, one after the other; none if it is more.

    What the answers hold is not compared: our own client does that, before.
    """
    if listing := listing_of(act, stock):
        return [listing.path]
    path_of = {"get": manifest_path, "get-digest": digest_path}.get(act)
    return [path_of(image) for image in stock.images] if path_of else []


def run_wrk(
    host: str,
    paths: Sequence[str],
    *,
    connections: int,
    threads: int,
    seconds: int,
    authorization: str = "",
    per_s: int = 0,
) -> Load:
    """Ask for *paths* in turn, and show *authorization*, if any.

    With *per_s*, ask a little less often than that: what an answer takes comes on top
    of the rests.
    """
    rest_ms = [str(round(connections * 1000 / per_s))] if per_s else []
    return run_script(
        f"http://{host}",
        _STEADY if per_s else _SCRIPT,
        [*rest_ms, MANIFEST_TYPE, authorization, *paths],
        connections=connections,
        threads=threads,
        seconds=seconds,
    )


def run_script(
    url: str,
    script: Path,
    arguments: Sequence[str],
    *,
    connections: int,
    threads: int,
    seconds: int,
) -> Load:
    """Do what a script says with its arguments; it ends with one line of JSON."""
    options = [f"-t{threads}", f"-c{connections}", f"-d{seconds}s"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = subprocess.run(
        ["wrk", *options, "-s", str(script), url, "--", *arguments],
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = json.loads(output.splitlines()[-1])
    wall_s = figures["duration_us"] / 1e6
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Load(
        operations=figures["requests"],
        wall_s=wall_s,
        per_s=figures["requests"] / wall_s,
        p50_ms=figures["p50_us"] / 1e3,
        p99_ms=figures["p99_us"] / 1e3,
        errors=figures["errors"],
        error="",
        busy=cpu_s / wall_s / threads,
        cores=cpu_s / wall_s,
    )
