#!/usr/bin/env bash
# `import openvino` (2026.4.1 with openvino-telemetry 2025.2.0) sends an event to Google Analytics, from
# a process that it forks, and before that writes an id and a count into ~/intel. Nobody was asked.
#
# One would expect an import to send nothing. It happens in each process that imports it, except where
# the environment looks like that of a CI. An ImportError of `openvino.tools.ovc`, which it catches,
# keeps it from happening.
#
# Here a proxy on the loopback address is all that it can reach: nothing leaves this machine.
# Seen on 2026-11-28 (Python 3.11, x86-64):
#   written: intel intel/openvino_ga_cid intel/stats
#   asked the proxy for: CONNECT www.google-analytics.com:443
#   without openvino.tools.ovc: written nothing, asked for nothing
# Exit status 0: still so. 1: it behaves otherwise now.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check openvino==2026.4.1 \
    openvino-telemetry==2025.2.0 numpy==2.4.6
cat > "$work/try.py" <<'PY'
import os
import socket
import subprocess
import sys
from pathlib import Path


def asked(code: str, home: Path) -> tuple[list[str], str]:
    """What an import writes, and what it asks a proxy for."""
    home.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(10)
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        proxies = {"http_proxy": address, "https_proxy": address}
        run = subprocess.Popen([sys.executable, "-c", code], env={"HOME": str(home), **kept, **proxies})
        line = "nothing"
        try:
            connection, _ = proxy.accept()
            line = connection.recv(1000).decode().splitlines()[0].removesuffix(" HTTP/1.1")
            line = line.removesuffix(" HTTP/1.0")
            connection.close()
        except TimeoutError:
            pass
        run.wait()
    return sorted(str(path.relative_to(home)) for path in home.rglob("*")), line


plain = asked("import openvino", Path("plain"))
code = "import sys; sys.modules['openvino.tools.ovc'] = None; import openvino; openvino.Core()"
without = asked(code, Path("without"))
print("written:", *plain[0])
print("asked the proxy for:", plain[1])
print("without openvino.tools.ovc: written", *(without[0] or ["nothing"]), end="")
print(", asked for", without[1])
expected = ["intel", "intel/openvino_ga_cid", "intel/stats"]
sys.exit(plain != (expected, "CONNECT www.google-analytics.com:443") or without != ([], "nothing"))
PY
cd "$work" && ./venv/bin/python try.py
