"""The instruments that a protocol can name by their codes."""

from wholetrial.instruments.bsa import BSA
from wholetrial.instruments.dlqi import DLQI
from wholetrial.instruments.instrument import Instrument
from wholetrial.instruments.madrs import MADRS
from wholetrial.instruments.pasi import PASI
from wholetrial.instruments.pga import IGA_0_4, IGA_0_5, PGA_0_4, PGA_0_5
from wholetrial.instruments.qids_c16 import QIDS_C16

__all__ = ["UnknownInstrumentError", "instrument", "known_instruments"]

_INSTRUMENTS = {
    known.code: known
    for known in (PASI, PGA_0_4, PGA_0_5, IGA_0_4, IGA_0_5, BSA, DLQI, QIDS_C16, MADRS)
}


class UnknownInstrumentError(LookupError):
    """No instrument has this code; the message names the nearest one that exists."""


def instrument(code: str) -> Instrument:
    """The instrument of this code, or UnknownInstrumentError with the nearest right name.

    >>> instrument("pasi").high
    72
    >>> instrument("pga")
    Traceback (most recent call last):
    ...
    wholetrial.instruments.library.UnknownInstrumentError: no instrument 'pga'; the width of the
    scale belongs to its name: 'pga 0-4' or 'pga 0-5'
    """
    try:
        return _INSTRUMENTS[code]
    except KeyError:
        raise UnknownInstrumentError(f"no instrument '{code}'; {_advice(code)}") from None


def known_instruments() -> tuple[str, ...]:
    """The codes of all instruments.

    >>> known_instruments()
    ('pasi', 'pga 0-4', 'pga 0-5', 'iga 0-4', 'iga 0-5', 'bsa', 'dlqi', 'qids_c16', 'madrs')
    """
    return tuple(_INSTRUMENTS)


def _advice(code: str) -> str:
    from difflib import get_close_matches

    plain = code.lower().strip()
    widths = [known for known in _INSTRUMENTS if known.split(" ")[0] == plain and " " in known]
    if widths:
        names = " or ".join(f"'{known}'" for known in widths)
        return f"the width of the scale belongs to its name: {names}"
    nearest = get_close_matches(plain, _INSTRUMENTS, n=1)
    if nearest:
        return f"did you mean '{nearest[0]}'?"
    return f"the library has {', '.join(_INSTRUMENTS)}"
