"""Send what waits in a queue, again and again with longer pauses, until it is sent."""

import time
from collections import Counter
from collections.abc import Callable

from edge.pacs.destination import Destination, UnreachableError
from edge.pacs.send_queue import SendQueue

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 300.0
_TRIES = 5
"""After which what the archive answers for good is believed, and the object put aside."""


def deliver(
    queue: SendQueue,
    destination: Destination,
    say: Callable[[str], object],
    patience: float | None = None,
    sleep: Callable[[float], object] = time.sleep,
) -> int:
    """Send all that waits; returns how many objects still wait, or were refused by this call.

    Args:
        say: takes what the user should know; each problem is said once.
        patience: seconds of pauses after which what waits is left for another call; None: no end.

    Raises:
        MissingSoftwareError: a package is not installed.
    """
    problems, before = _Problems(say, destination.name), set(queue.refused())
    tries: Counter[str] = Counter()
    pause, waited, total = _FIRST_PAUSE, 0.0, 0
    with queue.sending() as alone:
        if not alone:
            say(f"{queue.folder}: another process is sending what waits there")
            return 0
        while paths := queue.waiting():
            sent = _send_once(queue, destination, paths, tries, problems)
            total += sent
            if not queue.waiting():
                break
            if sent:
                pause = _FIRST_PAUSE
            if patience is not None and waited + pause > patience:
                break
            sleep(pause)
            waited += pause
            pause = min(2 * pause, _LONGEST_PAUSE)
        left, refused = len(queue.waiting()), len({*queue.refused()} - before)
    if total:
        say(f"{total} object{'s' * (total > 1)} sent to {destination.name}")
    if left:
        say(
            f"{left} object{'s' * (left > 1)} for {destination.name} wait{'s' * (left == 1)} in "
            f"{queue.folder} and will be sent by the next call"
        )
    if refused:
        say(f"{refused} refused by {destination.name}: {queue.folder}/refused")
    return left + refused


def _send_once(queue: SendQueue, destination, paths: list[str], tries, problems) -> int:
    sent = 0
    try:
        for one in destination.send(paths):
            if one.problem is None:
                queue.sent(one.path)
                sent += 1
                problems.back()
                continue
            tries[one.path] += 1
            if one.final and tries[one.path] >= _TRIES:
                queue.refuse(one.path)
                problems(f"refuses an object for good ({one.problem}); it is put aside")
            else:
                problems(f"does not take an object ({one.problem}); it will be tried again")
    except UnreachableError as error:
        problems.away(str(error))
    return sent


class _Problems:
    """Says each problem once, and when an archive that was away is back."""

    def __init__(self, say: Callable[[str], object], name: str):
        self._say, self._name = say, name
        self._said: set[str] = set()
        self._away: str | None = None

    def __call__(self, problem: str) -> None:
        if problem not in self._said:
            self._said.add(problem)
            self._say(f"{self._name}: {problem}")

    def away(self, problem: str) -> None:
        if problem != self._away:
            self._away = problem
            self._say(f"{self._name}: {problem}; what waits will be sent later")

    def back(self) -> None:
        if self._away:
            self._away = None
            self._say(f"{self._name}: takes objects again")
