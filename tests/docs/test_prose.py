"""Documents that are read once: short paragraphs, narrow tables, links that lead somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import __version__

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
FILES = [
    ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
] + PAGES
WORDS, STEPS, WIDTH, LINES, README_WORDS = 80, 100, 110, 140, 1250
_FENCE = re.compile(r"^( *)```.*?^\1```[^\n]*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)")
_NAV = re.compile(r"^ +- (?:[^:\n]+: )?(\S+\.md)$", re.MULTILINE)

each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))


@each_file
def test_no_paragraph_is_long(file):
    long = [text for text in _paragraphs(_prose(file)) if len(text.split()) > WORDS]
    assert not long, f"{[len(text.split()) for text in long]} words: {long}"


@pytest.mark.parametrize("file", PAGES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_list_of_steps_is_long(file):
    blocks = re.split(r"\n\s*\n", _prose(file))
    steps = [block for block in blocks if re.match(r"\n*\d+\. ", block)]
    assert not [block for block in steps if len(block.split()) > STEPS]


@each_file
def test_no_table_is_wide(file):
    lines = [line for line in _prose(file).splitlines() if line.startswith("|")]
    wide = [line for line in lines if len(line) > WIDTH]
    assert not wide, f"{max(map(len, wide))} characters: {wide[0]}"


@each_file
def test_lists_stand_apart(file):
    """GitHub makes a list without an empty line before it; the site does not."""
    pairs = zip(["", *_prose(file).splitlines()], _prose(file).splitlines(), strict=False)
    item = re.compile(r" *([-*]|\d+\.) ")
    glued = [now for before, now in pairs if item.match(now) and re.match(r"[^\s|#-]", before)]
    glued = [line for line in glued if not line.startswith(" ")]
    assert not [line for line in glued if not _follows_an_item(file, line)]


@each_file
def test_links_lead_somewhere(file):
    dead = []
    for target in _LINK.findall(re.sub(r"`[^`]*`", "", _prose(file))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        found = (file.parent / name).resolve() if name else file
        if not found.exists() or (anchor and anchor not in _anchors(found)):
            dead.append(target)
    assert not dead


def test_every_page_is_in_the_navigation():
    nav = _NAV.findall((ROOT / "mkdocs.yml").read_text().partition("\nnav:")[2])
    assert sorted(nav) == [page.relative_to(ROOT / "docs").as_posix() for page in PAGES]


def test_the_first_page_leads_to_all_others():
    text = (ROOT / "docs/index.md").read_text()
    pages = [page.relative_to(ROOT / "docs").as_posix() for page in PAGES]
    assert [page for page in pages if page != "index.md" and f"({page})" not in text] == []


def test_the_readme_ends_before_its_reader_does():
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) < LINES
    assert len(text.split()) < README_WORDS


@each_file
def test_the_wheel_is_that_of_this_version(file):
    if file.name != "CHANGELOG.md":
        assert set(re.findall(r"mri_edge-(\d+\.\d+\.\d+)", file.read_text())) <= {__version__}


def _prose(file: Path) -> str:
    """Without code and comments."""
    text = re.sub(r"<!--.*?-->", "", file.read_text(), flags=re.DOTALL)
    return _FENCE.sub("", text)


def _paragraphs(text: str) -> Iterator[str]:
    """Paragraphs and items of lists."""
    for block in re.split(r"\n\s*\n", text):
        if not block.lstrip("\n").startswith(("|", "#", "    ")):
            yield from re.split(r"^ *(?:[-*]|\d+\.) ", block, flags=re.MULTILINE)


def _follows_an_item(file: Path, line: str) -> bool:
    """Whether a line is an item of a list whose item before goes over several lines."""
    block = next(b for b in re.split(r"\n\s*\n", _prose(file)) if line in b.splitlines())
    return bool(re.match(r" *([-*]|\d+\.) ", block.lstrip("\n")))


def _anchors(file: Path) -> set[str]:
    """Of the headings of a document, as GitHub and the site make them."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ +(.+?) *$", _prose(file), re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", re.sub(r"\]\([^)]*\)", "]", heading)).strip().lower()
        slug = words.replace(" ", "-")
        found.add(slug if slug not in found else f"{slug}_1")
    return found
