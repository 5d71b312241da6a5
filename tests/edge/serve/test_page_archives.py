"""Archives that are dropped on the page: opened in the browser, refused where they lie."""

import io
import zipfile

import pytest

from tests.edge.serve.conftest import SAMPLE


def _local(data, at, change):
    """The archive with bytes of it changed."""
    return data[:at] + change + data[at + len(change) :]


def archives():
    picture = SAMPLE.read_bytes()
    plain, packed, many, large, several = (io.BytesIO() for _ in range(5))
    with zipfile.ZipFile(several, "w") as archive:
        for number in range(3):
            archive.writestr(f"{number}.png", picture)
    with zipfile.ZipFile(plain, "w") as archive:
        archive.writestr("../../etc/passwd.png", picture)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", picture)
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(5001):
            archive.writestr(f"{number}", b"")
    with zipfile.ZipFile(large, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(30_000_000))
    plain, packed, many, large, several = (
        one.getvalue() for one in (plain, packed, many, large, several)
    )
    central = packed.rindex(b"PK\1\2")
    encrypted = _local(packed, central + 8, b"\1\0")
    return {
        "a name that climbs": (plain, None),
        "too many": (many, "holds more than 5000 files"),
        "a bomb": (large, "packed more than 200 times"),
        "cut short": (packed[:-30], "is no whole ZIP archive"),
        "no list": (_local(packed, central, b"XX"), "damaged list"),
        "encrypted": (encrypted, "is encrypted"),
        "another method": (_local(packed, central + 10, b"\x0c\0"), "in a way that is not known"),
        "a lie about its size": (_local(packed, central + 24, b"\1\0\0\0"), "more than it says"),
        "a wrong sum": (_local(packed, central + 16, b"\0\0\0\0"), "is damaged"),
        "damaged data": (_local(packed, 200, bytes(50)), "is damaged"),
        "ZIP64": (_local(packed, len(packed) - 12, b"\xff\xff"), "is a ZIP64 archive"),
        "more than it says": (
            _local(several, several.rindex(b"PK\5\6") + 8, b"\1\0\1\0"),
            "damaged list",
        ),
        "an offset beyond": (_local(packed, central + 42, b"\xff\xff\xff\x7f"), "is damaged"),
    }


ARCHIVES = archives()


@pytest.mark.parametrize("name", ARCHIVES)
def test_hostile_archives(page, tmp_path, name):
    data, words = ARCHIVES[name]
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    page.drop(path)
    if words is None:
        page.until("document.querySelector('.card')")
        assert page.text(".card .verdict") == "TUMOR"
        assert page.text(".card h3") == "a.zip/../../etc/passwd.png"
        return
    page.until("document.querySelector('#problems p, .card .why')")
    assert words in (page.text("#problems") + (page.text(".card .why") or ""))
    assert page.texts(".card .verdict") in ([], ["not classified"])


def zipped(path, *files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files:
            archive.writestr(name, data)
    return path


def test_an_archive_in_an_archive_is_named(page, tmp_path):
    inner = zipped(tmp_path / "inner.zip", ("a.png", SAMPLE.read_bytes()))
    page.drop(zipped(tmp_path / "outer.zip", ("inner.zip", inner.read_bytes())))
    page.until("document.querySelector('#problems p')")
    assert page.texts("#problems p") == [
        "outer.zip/inner.zip: is an archive in an archive; unpack it first"
    ]
    assert "0 of 0" not in page.text("main")


def test_a_text_document_in_a_folder_is_no_study(page, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    zipped(folder / "report.docx", ("word/media/image1.png", SAMPLE.read_bytes()))
    zipped(folder / "study.zip", ("IM1.png", SAMPLE.read_bytes()))
    page.drop(folder, done=1)
    assert page.texts(".card h3") == ["in/study.zip/IM1.png"]
    assert "1 left out" in page.text("#status")
