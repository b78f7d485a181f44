"""Watch a process on Linux: its memory, and what it spills to disk."""

import os
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

_INTERVAL_SECONDS = 0.05


@dataclass
class Samples:
    """(moment, resident bytes, spilled bytes) while a process ran; moments are seconds since the epoch."""

    rows: list[tuple[float, int, int]] = field(default_factory=list)

    def peak(self, start: float, end: float) -> tuple[int, int]:
        """Greatest resident and spilled bytes between two moments."""
        inside = [row for row in self.rows if start <= row[0] <= end] or [(start, 0, 0)]
        return max(row[1] for row in inside), max(row[2] for row in inside)


def watch(process: subprocess.Popen[str], spill: Path) -> Samples:
    """Sample until the process ends; its own threads go on reading its output meanwhile."""
    samples = Samples()

    def sample() -> None:
        memory = Path(f"/proc/{process.pid}/statm")
        while process.poll() is None:
            try:
                resident = int(memory.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            except (FileNotFoundError, ProcessLookupError):
                break
            spilled = sum(file.stat().st_size for file in spill.glob("*")) if spill.is_dir() else 0
            samples.rows.append((time.time(), resident, spilled))
            time.sleep(_INTERVAL_SECONDS)

    threading.Thread(target=sample, daemon=True).start()
    return samples
