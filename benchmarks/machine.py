"""What the figures were measured on."""

import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine, as far as it matters to the figures."""

    processor: str
    processors: int
    memory_gib: float
    system: str
    filesystem: str
    python: str
    wrk: str | None

    def render(self) -> str:
        """Return it as one line for people."""
        return ", ".join(
            [
                f"{self.processors} x {self.processor}",
                f"{self.memory_gib:.0f} GiB",
                self.system,
                f"data on {self.filesystem}",
                f"Python {self.python}",
                self.wrk or "no wrk",
            ]
        )


def describe_machine(folder: Path) -> Machine:
    """Describe this machine; the servers keep their data in *folder*."""
    return Machine(
        processor=_processor(),
        processors=len(os.sched_getaffinity(0)),
        memory_gib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30,
        system=f"{platform.system()} {platform.release()}",
        filesystem=_filesystem(folder),
        python=platform.python_version(),
        wrk=_wrk(),
    )


def read_busy_s() -> float:
    """Return the CPU time that was used so far, by whomever, other machines too."""
    line = Path("/proc/stat").read_text().partition("\n")[0].split()
    user, nice, system, _idle, _waiting, *rest = map(int, line[1:9])
    return sum([user, nice, system, *rest]) / os.sysconf("SC_CLK_TCK")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _filesystem(folder: Path) -> str:
    """Return the type of the file system that *folder* is on."""
    best = ("", "?")
    for line in Path("/proc/mounts").read_text().splitlines():
        _, mount, kind, *_ = line.split()
        if folder.is_relative_to(mount) and len(mount) >= len(best[0]):
            best = (mount, kind)
    return best[1]


def _wrk() -> str | None:
    try:
        # It prints its version, then how to call it, and fails.
        output = subprocess.run(["wrk", "-v"], capture_output=True, check=False).stdout
    except FileNotFoundError:
        return None
    return " ".join(output.decode().split()[:2])
