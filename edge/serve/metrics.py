"""What the server counts, as Prometheus reads it. No name, no address, no content."""

import os
import time
from threading import Lock

from edge import __version__
from edge.model_file.manifest import VERDICTS

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)
"""Seconds."""
ERRORS = ("unreadable", "needs_software", "short_of_memory", "broken", "busy")


class Metrics:
    """Counters for as long as the server runs."""

    def __init__(self, model: str, model_sha256: str):
        self._about = f'version="{__version__}",model="{_label(model)}",sha256="{model_sha256}"'
        self._lock, self._began = Lock(), time.time()
        self._requests: dict[tuple[str, int], int] = {}
        self._verdicts = dict.fromkeys(VERDICTS, 0)
        self._errors = dict.fromkeys(ERRORS, 0)
        self._seconds = [0] * (len(_BUCKETS) + 1)
        self._sum = 0.0

    def request(self, route: str, status: int) -> None:
        """Count an answered request; `route` is one of ours, never what was asked for."""
        with self._lock:
            self._requests[route, status] = self._requests.get((route, status), 0) + 1

    def verdict(self, verdict: str, seconds: float) -> None:
        """Count a verdict, and how long after the whole file had come it was there."""
        with self._lock:
            self._verdicts[verdict] = self._verdicts.get(verdict, 0) + 1
            self._sum += seconds
            at = next((i for i, most in enumerate(_BUCKETS) if seconds <= most), len(_BUCKETS))
            self._seconds[at] += 1

    def error(self, kind: str) -> None:
        """Count a file that got no verdict."""
        with self._lock:
            self._errors[kind] = self._errors.get(kind, 0) + 1

    def text(self, connections: int) -> str:
        """All of it, in the text format 0.0.4."""
        with self._lock:
            lines = [
                *_head("mri_edge_info", "gauge", "What runs here."),
                f"mri_edge_info{{{self._about}}} 1",
                *_head("mri_edge_start_time_seconds", "gauge", "When it was started."),
                f"mri_edge_start_time_seconds {self._began:.3f}",
                *_head("mri_edge_connections", "gauge", "Connections that are open."),
                f"mri_edge_connections {connections}",
                *_head("mri_edge_resident_bytes", "gauge", "Memory of the server's own process."),
                f"mri_edge_resident_bytes {_resident()}",
                *_head("mri_edge_requests_total", "counter", "Requests answered."),
            ]
            lines += [
                f'mri_edge_requests_total{{route="{route}",status="{status}"}} {count}'
                for (route, status), count in sorted(self._requests.items())
            ]
            lines += _head("mri_edge_verdicts_total", "counter", "Scans with a verdict.")
            lines += [
                f'mri_edge_verdicts_total{{verdict="{verdict}"}} {count}'
                for verdict, count in self._verdicts.items()
            ]
            lines += _head("mri_edge_errors_total", "counter", "Files without a verdict.")
            lines += [
                f'mri_edge_errors_total{{kind="{kind}"}} {count}'
                for kind, count in self._errors.items()
            ]
            lines += _head("mri_edge_seconds", "histogram", "From the whole file to its verdict.")
            total = 0
            for most, count in zip((*_BUCKETS, "+Inf"), self._seconds, strict=True):
                total += count
                lines.append(f'mri_edge_seconds_bucket{{le="{most}"}} {total}')
            lines += [f"mri_edge_seconds_sum {self._sum:.6f}", f"mri_edge_seconds_count {total}"]
        return "\n".join(lines) + "\n"


def _head(name: str, kind: str, help: str) -> tuple[str, str]:
    return f"# HELP {name} {help}", f"# TYPE {name} {kind}"


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _resident() -> int:
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
