"""The bibliography, and the check that a row cites something in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from ketum.errors import EvidenceError
from ketum.evidence.names import nearest
from ketum.evidence.tables import Row, read_text, shipped

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from bibtexparser.model import Block, Entry

OWN_SOURCES = frozenset({"assumption", "proposal"})
"""Keys of the bibliography that stand for no publication."""
_OTHERS = "others"
_EXACT = frozenset({"doi", "url"})
_FEW = 2


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of the bibliography, without LaTeX.

    Attributes
    ----------
    key
        What tables cite; `assumption` and `proposal` are entries too, and say what they are.
    kind
        Type of the entry, such as `article`.
    authors
        Names as "Family, Given", the last one "others" where the list was cut; empty where none is named.
    title
        Title; the note says where it is descriptive and not verbatim.
    year
        Year of publication, or None.
    fields
        Every other field, such as `journal`, `doi`, `note`.
    """

    key: str
    kind: str
    authors: tuple[str, ...]
    title: str
    year: int | None
    fields: Mapping[str, str] = field(hash=False)

    def short(self) -> str:
        """Return who and when, as it stands in a text; the title where nobody is named.

        >>> load_sources()["olsen2019"].short(), load_sources()["assumption"].short()
        ('Olsen et al. 2019', 'Stated assumption of this model')
        """
        return " ".join(str(part) for part in (self._who() or self.title, self.year) if part)

    def reference(self) -> str:
        """Return one readable line.

        >>> load_sources()["sogaard2005"].reference().split(")")[0]
        'Søgaard et al. (2005'
        >>> load_sources()["proposal"].reference()
        'Derived or chosen by this project [not a publication]'
        """
        dated = f"({self.year})" if self.year else ""
        who = " ".join(part for part in (self._who(), dated) if part)
        places = ("journal", "booktitle", "institution", "school")
        where = next((self.fields[name] for name in places if name in self.fields), "")
        volume = ":".join(self.fields[name] for name in ("volume", "pages") if name in self.fields)
        doi = f"https://doi.org/{self.fields['doi']}" if "doi" in self.fields else self.fields.get("url", "")
        line = ". ".join(part for part in (who, self.title, f"{where} {volume}".strip(), doi) if part)
        return f"{line} [{self.fields['note']}]" if "note" in self.fields else line

    def _who(self) -> str:
        families = [name.split(",")[0] for name in self.authors if name != _OTHERS]
        if len(families) > _FEW or _OTHERS in self.authors:
            return f"{families[0]} et al."
        return " and ".join(families)


def load_sources(path: Path | None = None) -> Mapping[str, Source]:
    """Read the bibliography, by key.

    Parameters
    ----------
    path
        A BibTeX file; without it, the shipped one.

    Raises
    ------
    EvidenceError
        An entry cannot be parsed, stands twice, or has no title.

    Examples
    --------
    >>> load_sources()["tanna2022"].year
    2022
    """
    return _shipped() if path is None else _read(path)


def cited_keys(text: str) -> tuple[str, ...]:
    """Return the keys that a cell cites.

    >>> cited_keys("tanna2022; huestis2026")
    ('tanna2022', 'huestis2026')
    """
    return tuple(key.strip() for key in text.split(";"))


def cited(row: Row, column: str = "source") -> str:
    """Return a cell that cites one or several keys of the shipped bibliography, separated by ';'."""
    text = row.text(column)
    known = load_sources()
    for key in cited_keys(text):
        if key not in known:
            raise row.error(column, f"give keys of sources.bib separated by ';', {nearest(key, known)}")
    return text


@cache
def _shipped() -> Mapping[str, Source]:
    return _read(shipped("sources.bib"))


def _read(file: "Traversable") -> Mapping[str, Source]:
    # Imported here so that a command which reads no table starts fast.
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.library import Library
    from bibtexparser.middlewares import LatexDecodingMiddleware

    library = parse_string(read_text(file))
    for block in library.failed_blocks:
        line = 1 + (block.start_line or 0)
        raise EvidenceError(f"{file.name}, row {line}: not a readable BibTeX entry with a key of its own")
    # Decoding is slow and few entries hold LaTeX.
    accented: list[Block] = [
        entry for entry in library.entries if any("\\" in str(field.value) for field in entry.fields)
    ]
    LatexDecodingMiddleware(keep_braced_groups=True, allow_inplace_modification=True).transform(Library(accented))
    return MappingProxyType({entry.key: _source(file.name, entry) for entry in library.entries})


def _source(file: str, entry: "Entry") -> Source:
    fields = {field.key.lower(): " ".join(str(field.value).split()) for field in entry.fields}
    names = fields.pop("author", "")
    # A name in braces is one name: an institution, which may hold " and ".
    authors = (names,) if names.startswith("{") else tuple(names.split(" and "))
    plain = {name: _printed(text, exact=name in _EXACT) for name, text in fields.items()}
    title, year = plain.pop("title", ""), plain.pop("year", "")
    if not title:
        raise EvidenceError(f"{file}, row {1 + (entry.start_line or 0)}: entry {entry.key!r} has no title")
    if year and not year.isdigit():
        raise EvidenceError(
            f"{file}, row {1 + (entry.start_line or 0)}: year {year!r} of {entry.key!r} is not a number"
        )
    people = tuple(_printed(name) for name in authors if name)
    return Source(entry.key, entry.entry_type, people, title, int(year) if year else None, plain)


def _printed(text: str, *, exact: bool = False) -> str:
    """Return a field without braces and, unless it is `exact`, with the dashes and quotes that LaTeX would print."""
    plain = text.replace("{", "").replace("}", "").strip()
    if exact:
        return plain
    return plain.replace("---", "—").replace("--", "–").replace("``", "“").replace("''", "”")
