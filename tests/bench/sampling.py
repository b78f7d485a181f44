"""Watch a process on Linux: its memory and processor time, and what it spills to disk."""

import os
import subprocess
import threading
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

_INTERVAL_SECONDS = 0.05


@dataclass
class Samples:
    """(moment, resident bytes, spilled bytes, processor seconds so far); moments are seconds since the epoch."""

    rows: list[tuple[float, int, int, float]] = field(default_factory=list)

    def peak(self, start: float, end: float) -> tuple[int, int]:
        """Greatest resident and spilled bytes between two moments."""
        inside = [row for row in self.rows if start <= row[0] <= end] or [(start, 0, 0, 0.0)]
        return max(row[1] for row in inside), max(row[2] for row in inside)

    def processor(self, start: float, end: float) -> float:
        """Seconds of processor time that all threads together took between two moments."""
        before = [row[3] for row in self.rows if row[0] <= start] or [0.0]
        until = [row[3] for row in self.rows if row[0] <= end] or [0.0]
        return until[-1] - before[-1]

    def share(self, spans: dict[str, tuple[float, float]], names: set[str]) -> tuple[float, float]:
        """Seconds by the clock and of processor time that fall to `names`.

        Of each moment they bear one part in as many as ran then: two at once share the clock and the processor. `spans`
        tells when each one ran.
        """
        edges = sorted({edge for span in spans.values() for edge in span})
        seconds = processor = 0.0
        for start, end in pairwise(edges):
            running = {name for name, span in spans.items() if span[0] <= start and end <= span[1]}
            if running & names:
                part = len(running & names) / len(running)
                seconds += (end - start) * part
                processor += self.processor(start, end) * part
        return seconds, processor


def watch(process: subprocess.Popen[str], spill: Path) -> Samples:
    """Sample until the process ends; its own threads go on reading its output meanwhile."""
    samples = Samples()

    def sample() -> None:
        memory = Path(f"/proc/{process.pid}/statm")
        times = Path(f"/proc/{process.pid}/stat")
        while process.poll() is None:
            try:
                resident = int(memory.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
                # Behind the name, which may hold blanks: fields 14 and 15 of proc(5), user and system time.
                ticks = times.read_text().rpartition(")")[2].split()[11:13]
            except (FileNotFoundError, ProcessLookupError):
                break
            spilled = sum(file.stat().st_size for file in spill.glob("*")) if spill.is_dir() else 0
            processor = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
            samples.rows.append((time.time(), resident, spilled, processor))
            time.sleep(_INTERVAL_SECONDS)

    threading.Thread(target=sample, daemon=True).start()
    return samples
