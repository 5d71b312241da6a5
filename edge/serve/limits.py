"""How much of anything the server takes. docs/how-to/serve-a-page.md states the same numbers."""

BODY_BYTES = 128 << 20
"""Of one file. A slice is a hundredth of that; a file of many frames may be as large."""
ALL_BODIES_BYTES = 256 << 20
"""Of all files that are held at a time: they lie in memory, never on a disk."""
JSON_BYTES = 4 << 20
"""Of the results that a study is judged from."""
SLICES = 5000
"""Of one study."""
CONNECTIONS = 64
LINE_BYTES = 8192
"""Of a request's first line."""
IDLE_SECONDS = 30.0
"""Between two requests of a connection."""
HEAD_SECONDS = 10.0
"""For a request's head, from its first byte to its last."""
BODY_SECONDS = 60.0
SEND_SECONDS = 30.0
"""For a client to take an answer."""
QUEUE_SECONDS = 30.0
"""That a scan waits for its turn."""
SCAN_SECONDS = 60.0
"""That one scan may take, its pictures included."""
DRAIN_SECONDS, DRAIN_BYTES = 2.0, 8 << 20
"""Of what a refused client goes on sending, so that it gets to read why."""
END_SECONDS = 5.0
"""For what is in hand when the server is told to end."""
TOKEN_LENGTH = 20
"""Characters that a token must have."""
