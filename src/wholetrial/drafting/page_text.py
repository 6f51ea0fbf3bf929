"""The text of a page about a trial, as somebody copies it: a registry, a matching site, an article."""

import re
from collections.abc import Iterator

from wholetrial.drafting.record import Arm, Given, Outcome, Record, RecordError

_START = re.compile(
    r"^\W*(?:key |main |major )?(?:inclusion|exclusion)(?: criteria)?\s*:?\s*(?:\(.*\))?\s*$|"
    r"^\W*(?:key |main )?(?:inclusion|exclusion) criteria\b[^\n]{0,80}:",
    re.IGNORECASE,
)
_STOP = re.compile(
    r"^\W*(?:study (?:&|and) design|clear my responses|how to participate|timeline\b.*|what (?:is|are|happens|you)\b.*|"
    r"locations?|contacts?(?: and locations?)?|contact details|sponsors?.*|outcomes?|study plan|arms?\b.*interventions?|"
    r"find a clinic.*|who is running.*|interventions?|not finding.*|similar trials.*|more information|results|methods|"
    r"discussion|statistical analysis|design|treatment|randomi[sz]ation.*|study details|learn more|references|\W*©.*)\s*:?\s*$",
    re.IGNORECASE,
)
_MORE = re.compile(r"^\W*(?:see|show|\+)\s*(\d+)\s*more\W*$", re.IGNORECASE)
_LABELS = {
    "status": "status",
    "sex": "sex",
    "study type": "study_type",
    "study design": "model",
    "phase": "phase",
    "sponsor": "sponsor",
    "target recruitment": "enrollment",
    "enrollment": "enrollment",
    "conditions": "conditions",
    "condition": "conditions",
}
_ID = re.compile(r"\b(?:NCT\d{8}|ChiCTR\w+|EUCTR[\d-]+|ISRCTN\d+)\b")


def read_page(text: str, source: str) -> Record:
    """Read a page; raises RecordError where it holds no text."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    if not any(line.strip() for line in lines):
        raise RecordError(f"{source}: expected the text of a page, found an empty file")
    title = next(line.strip() for line in lines if line.strip())
    criteria, hidden = _criteria(lines)
    labeled = _labeled(lines)
    conditions = labeled.get("conditions", "")
    enrollment = labeled.get("enrollment", "")
    return Record(
        source=source,
        title=title[:500],
        ids=tuple(dict.fromkeys(_ID.findall(text))),
        sponsor=labeled.get("sponsor", ""),
        status=labeled.get("status", ""),
        phase=labeled.get("phase", ""),
        study_type=labeled.get("study_type", ""),
        model=labeled.get("model", ""),
        conditions=(conditions,) if conditions else (),
        enrollment=int(enrollment) if enrollment.isdigit() else None,
        dates=_dates(lines),
        arms=tuple(_arms(lines)),
        interventions=tuple(dict.fromkeys(_interventions(lines))),
        outcomes=tuple(_outcomes(lines)),
        criteria=criteria,
        sex=labeled.get("sex", ""),
        hidden=hidden,
    )


def _criteria(lines: list[str]) -> tuple[str, tuple[int, int] | None]:
    """The lines of both lists; how many more of each the page hides."""
    kept: list[str] = []
    inside, excludes = False, False
    hidden = [0, 0]
    for line in lines:
        if _START.match(line):
            inside, excludes = True, "exclusion" in line.casefold()
        elif inside and _STOP.match(line):
            inside = False
        more = _MORE.match(line) if inside else None
        if more:
            hidden[excludes] += int(more[1])
        elif inside:
            kept.append(line)
    return "\n".join(kept), (hidden[0], hidden[1]) if any(hidden) else None


def _labeled(lines: list[str]) -> dict[str, str]:
    """What stands on the line after a label, or behind its colon."""
    found: dict[str, str] = {}
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        label, colon, value = line.strip(" •\t").partition(":")
        name = _LABELS.get(label.strip().casefold())
        told = value.strip() if colon else following.strip()
        if name and told and name not in found and len(told) < 200:
            found[name] = told
    return found


def _dates(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    labels = {"start date": "start", "end date": "completion", "completion date": "completion"}
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        name = labels.get(line.strip(" •\t:").casefold())
        if name and following.strip():
            found.setdefault(name, following.strip())
        updated = re.search(
            r"(?:last )?updated(?: on)?:?\s+(\d{1,2} \w+ \d{4}|\w+ \d{1,2}, \d{4}|\d{4}-\d\d-\d\d)",
            line,
            re.I,
        )
        if updated:
            found.setdefault("last update", updated[1])
    return found


def _section(lines: list[str], heading: str) -> Iterator[str]:
    """The lines beneath a heading, up to the next one."""
    inside = False
    for line in lines:
        text = line.strip()
        if re.fullmatch(heading, text, re.IGNORECASE):
            inside = True
        elif inside and (
            _STOP.match(text)
            or _START.match(text)
            or re.match(r"(?:primary|secondary|other) outcome", text, re.I)
        ):
            return
        elif inside and text:
            yield text


def _arms(lines: list[str]) -> Iterator[Arm]:
    for text in _section(lines, r"arm ?s?\W*interventions?"):
        if text.casefold().replace(" ", "") == "groupinterventiondescription":
            continue
        label = re.match(
            r"(.{3,60}?)(?=(?:[A-Z][\w-]+ ?){0,4}\Z|[A-Z0-9][\w-]*(?:[A-Z][a-z]|\())", text
        )
        yield Arm((label[1] if label and label[1].strip() else text[:60]).strip(), description=text)
    for line in lines:
        match = re.match(
            r"^\W*Group ([IVX]+|\d+):?\s*(.+?)(Experimental Treatment|Active Control|Placebo Group)",
            line,
        )
        if match:
            yield Arm(match[2].strip(), kind=match[3], description=line.strip())


def _interventions(lines: list[str]) -> Iterator[Given]:
    for text in _section(lines, "interventions?"):
        match = re.match(r"^[•*-]\s*(.+)$", text)
        if match:
            yield Given(match[1].strip())


def _outcomes(lines: list[str]) -> Iterator[Outcome]:
    """The lines of the lists of outcomes; the time stands at the end of the measure's line."""
    for level in ("primary", "secondary", "other"):
        measure = frame = ""
        said: list[str] = []
        for text in _section(lines, rf"{level} outcome(?: measure)?s?"):
            if text.casefold().replace(" ", "") == "nametimemethod":
                continue
            match = re.match(
                r"^(.+?)((?:weeks?|months?|days?|years?|baseline)\s*[\d,. ]*(?:(?:through|to|-)\s*(?:week|month|day)\s*\d+)?)$",
                text,
                re.I,
            )
            if match and len(match[1]) < 300:
                if measure:
                    yield Outcome(level, measure, frame, " ".join(said))
                measure, frame, said = match[1].strip(), match[2].strip(), []
            elif measure:
                said.append(text)
            else:
                yield Outcome(level, text)
        if measure:
            yield Outcome(level, measure, frame, " ".join(said))
