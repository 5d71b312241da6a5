"""An archive that slices are fetched from: what asking one has in common, however it is asked.

What came is compared with what the archive said there is: an archive that leaves slices out, or
cannot send them in a way that is decoded here, is not taken at its word.
"""

from collections.abc import Callable, Collection

from edge.console.exit_status import DONE, FAILED
from edge.console.network_types import is_uid
from edge.errors import EdgeError
from edge.pacs.spool import Spool


class SourceError(EdgeError):
    """An archive cannot be asked, or does not answer as it must. No text of its answer."""


class Source:
    """An archive; its subclasses ask.

    Args:
        name: for messages.
        tell: takes what went wrong, in a line; the same line once.
    """

    breaks: tuple[type[Exception], ...] = (OSError,)
    """What asking raises when the connection fails."""

    def __init__(self, name: str, tell: Callable[[str], object]):
        self.name, self._say = name, tell
        self._said: set[str] = set()
        self._complete = True
        """Whether all that the archive named could be asked for."""
        self.came: set[str] = set()
        """UIDs of the slices that are in the spool."""

    def fetch(self, study: str | None, since: str | None, spool: Spool) -> int:
        """Bring all MR slices of a study, or of the studies since a date, into the spool.

        Returns:
            0 if all that the archive has came, else 1.
        """
        spool.taken = self.came.add
        status = DONE
        try:
            studies = [study] if study else self.studies(since)
            if not studies:
                self.tell(f"{self.name}: has no study since {since}")
            for one in studies:
                status |= self._fetch_study(one, spool, named=bool(study))
        except SourceError as error:
            self.tell(f"{self.name}: {error}")
            return FAILED
        except self.breaks as error:
            self.tell(f"{self.name}: {self.why(error)}")
            return FAILED
        return status if self._complete else FAILED

    def studies(self, since: str) -> Collection[str]:
        """UIDs of the studies since a date."""
        raise NotImplementedError

    def series(self, study: str) -> dict[str, int]:
        """UIDs of a study's MR series, and how many objects each says it has; 0: it does not."""
        raise NotImplementedError

    def slices(self, study: str, series: str) -> tuple[set[str], int]:
        """UIDs of the slices of a series, and how many objects it lists in all."""
        raise NotImplementedError

    def bring(self, study: str, series: str, wanted: set[str], spool: Spool) -> None:
        """Have the slices of a series sent into the spool."""
        raise NotImplementedError

    def why(self, error: Exception) -> str:
        """What is told of one of `breaks`."""
        return f"cannot be asked ({getattr(error, 'strerror', None) or type(error).__name__})"

    def tell(self, message: str) -> None:
        """Tell it, once."""
        if message not in self._said:
            self._said.add(message)
            self._say(message)

    def is_named(self, uid: str) -> bool:
        """Whether the archive names something by a UID; what it names otherwise is missed."""
        if is_uid(uid):
            return True
        self.tell(f"{self.name}: names something by what is no UID; that is left out")
        self._complete = False
        return False

    def _fetch_study(self, study: str, spool: Spool, named: bool) -> int:
        wanted: set[str] = set()
        unlisted = 0
        for series, stated in sorted(self.series(study).items()):
            there, listed = self.slices(study, series)
            wanted |= there
            unlisted += max(0, stated - listed)
            self.bring(study, series, there, spool)
        if not wanted:
            if named:
                self.tell(f"{self.name}: has no MR slice of the study")
            return FAILED if named else DONE
        missing = len(wanted - self.came) + unlisted
        if missing:
            every = len(wanted) + unlisted
            self.tell(
                f"{self.name}: {missing} of {every} slices of the study did not come, or not in a "
                "transfer syntax that is decoded here"
            )
        return FAILED if missing else DONE
