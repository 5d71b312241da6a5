"""Objects sent by C-STORE (PS3.4, B). pynetdicom is imported once there is something to send."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress

from edge.console.network_types import Peer
from edge.errors import MissingSoftwareError
from edge.pacs.association.tls import Tls
from edge.pacs.destination import Sent, UnreachableError
from edge.pacs.report.derived_object import COMPREHENSIVE_SR, SECONDARY_CAPTURE
from edge.pacs.uids import EXPLICIT_LITTLE, IMPLICIT_LITTLE, OWN_TITLE
from edge.scan.dicom.load_pydicom import load_pydicom

_SECONDS = 30
"""For which an answer is waited for; 10 for the connection."""
_WARNINGS = range(0xB000, 0xC000)
"""Stored, with a remark (PS3.4, B.2.3)."""
_FINAL = {0x0122: "it does not take such objects", 0x0117: "it finds the object's UID invalid"}


class StoreDestination:
    """An archive that takes C-STORE.

    Args:
        tls: for connections to it; None: they are not encrypted.
    """

    def __init__(self, peer: Peer, tls: Tls | None = None):
        self._peer, self.name, self._tls = peer, str(peer), tls

    def send(self, paths: Iterable[str]) -> Iterator[Sent]:
        """As `edge.pacs.destination.Destination`; one association for all.

        Raises:
            UnreachableError: there is no association, or it broke.
            MissingSoftwareError: pynetdicom is not installed.
        """
        association = self._associate()
        try:
            for path in paths:
                yield self._store(association, path)
        finally:
            with suppress(Exception):  # a peer that is gone is told nothing
                association.release() if association.is_established else association.abort()

    def _associate(self):
        try:
            load_pydicom()
            from pynetdicom import AE
        except ImportError:
            raise MissingSoftwareError(
                "--send-results needs pynetdicom; run: pip install 'mri-edge[pacs]'", "pynetdicom"
            ) from None
        logging.getLogger("pynetdicom").propagate = False
        entity = AE(ae_title=OWN_TITLE)
        entity.connection_timeout, entity.acse_timeout = 10, _SECONDS
        entity.dimse_timeout = entity.network_timeout = _SECONDS
        for uid in (COMPREHENSIVE_SR, SECONDARY_CAPTURE):
            entity.add_requested_context(uid, [EXPLICIT_LITTLE, IMPLICIT_LITTLE])
        peer = self._peer
        try:
            secure = (self._tls.for_client(), peer.host) if self._tls else None
            found = entity.associate(peer.host, peer.port, ae_title=peer.title, tls_args=secure)
        except (OSError, ValueError, RuntimeError) as error:
            raise UnreachableError(f"cannot be reached ({type(error).__name__})") from None
        if found.is_established:
            return found
        if found.is_rejected:
            answer = found.acceptor.primitive
            why = getattr(answer, "reason_str", "no reason given")
            raise UnreachableError(f"rejects the association of {OWN_TITLE} ({why})")
        if found.is_aborted and found.acceptor.primitive is not None:
            raise UnreachableError("breaks the association off")
        hint = ", or TLS could not be agreed on" if self._tls else ""
        raise UnreachableError(f"cannot be reached{hint}")

    def _store(self, association, path: str) -> Sent:
        if not association.is_established:
            raise UnreachableError("broke the association off")
        try:
            answer = association.send_c_store(path)
        except ValueError:
            return Sent(path, "it takes no objects of this kind", final=True)
        except RuntimeError:
            raise UnreachableError("broke the association off") from None
        except OSError as error:
            return Sent(path, f"its file cannot be read ({error.strerror or error})")
        except Exception:  # whatever pydicom trips over; its text may quote values
            return Sent(path, "its file is damaged", final=True)
        if "Status" not in answer:
            raise UnreachableError("did not answer in time, or broke the association off")
        status = int(answer.Status)
        if status == 0 or status in _WARNINGS:
            return Sent(path)
        final = status in _FINAL or status >> 12 == 0xC or status >> 8 == 0xA9
        why = _FINAL.get(status, "")
        return Sent(path, f"status 0x{status:04X}{': ' * bool(why)}{why}", final)
