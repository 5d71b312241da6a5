"""Parts of an answer, however they come."""

import io

import pytest

from edge.pacs.web.multipart import CutShortError, parts


@pytest.mark.parametrize("cut", range(1, 200, 7))
def test_parts_of_an_answer_however_they_come(cut):
    class Kept:
        def __init__(self):
            self.data, self.state = b"", None

        def write(self, data):
            self.data += data

        def commit(self):
            self.state = "whole"

        def discard(self):
            self.state = "cut"

    contents = [b"a" * 30, b"\r\n--", b"", b"\r\n--X\r\n-" * 3]
    boundary = b"XYZ"
    head = b"--XYZ\r\nContent-Type: application/dicom\r\n\r\n"
    whole = b"\r\n".join(head + one for one in contents) + b"\r\n--XYZ--"

    class Slow(io.RawIOBase):
        def __init__(self, data):
            self.rest = data

        def read1(self, size):
            found, self.rest = self.rest[: min(size, cut)], self.rest[min(size, cut) :]
            return found

        read = read1

    made = []

    def make():
        made.append(Kept())
        return made[-1]

    assert len(list(parts(Slow(whole), boundary, make))) == 4
    assert [one.data for one in made] == contents
    made.clear()
    with pytest.raises(CutShortError):
        list(parts(Slow(whole[:-20]), boundary, make))
    assert made[-1].state == "cut"


def test_a_part_whose_stream_fails_is_discarded():
    class Breaks(io.RawIOBase):
        given = False

        def read1(self, size):
            if self.given:
                raise TimeoutError
            self.given = True
            return b"--X\r\nContent-Type: application/dicom\r\n\r\nbegun"

    class Kept:
        state = None

        def write(self, data):
            pass

        def discard(self):
            self.state = "discarded"

    kept = Kept()
    with pytest.raises(TimeoutError):
        list(parts(Breaks(), b"X", lambda: kept))
    assert kept.state == "discarded"
