"""The virtual participants whose lesions deSolve computes: who they are, and the table of them.

    python tests/reference/desolve_people.py       writes desolve_people.csv anew

Twelve stand four standard deviations out in something that matters; the others are drawn. Body
weight goes from 45 to 180 kg. The card's parameters are typed here, rounded as it prints them, and
once more in psoriasis.R: a new fit changes nothing here.
"""

from pathlib import Path

import numpy as np

from wholetrial.numerics.philox import Purpose, Stream, normals

TABLE = Path(__file__).with_name("desolve_people.csv")
EFFECTS = ("turnover", "ic50", "placebo", "t17", "memory", "clearance", "volume", "absorption")
DRAWN = 28
CARD = {
    "lesion_turnover": 0.0455,
    "lesion_turnover_log_sd": 0.416,
    "t17_turnover": 0.0596,
    "t17_turnover_log_sd": 0.415,
    "memory": 0.404,
    "memory_logit_sd": 1.64,
    "placebo_effect": 0.243,
    "placebo_effect_log_sd": 1.0,
    "placebo_decay": 0.005,
    "ic50_ixekizumab": 0.338,
    "ic50_ustekinumab": 0.372,
    "ic50_log_sd": 2.16,
}
FAR_OUT = {
    "IC50 tiny": {"ic50": -4},
    "IC50 huge": {"ic50": 4},
    "lesion turnover very slow": {"turnover": -4},
    "lesion turnover very fast": {"turnover": 4},
    "fast and sensitive": {"turnover": 4, "ic50": -4},
    "placebo effect huge": {"placebo": 4},
    "T17 turnover very slow": {"t17": -4},
    "T17 turnover very fast": {"t17": 4},
    "memory all recalled": {"ic50": -1, "memory": 4},
    "memory none recalled": {"ic50": -1, "memory": -4},
    "drug cleared fast": {"clearance": 4, "volume": -4, "absorption": 4},
    "drug cleared slowly": {
        "turnover": 1,
        "ic50": -2,
        "clearance": -4,
        "volume": 4,
        "absorption": -4,
    },
}


def people() -> list[tuple[str, float, tuple[float, ...]]]:
    """Name, body weight and eight standard normals of everybody."""
    drawn = normals(Stream(2007, 0, np.arange(DRAWN)), Purpose.BIOLOGY, 8).round(4)
    weights = np.linspace(45.0, 180.0, DRAWN).round(1)
    far_out = [
        (name, 90.0, tuple(float(effects.get(key, 0)) for key in EFFECTS))
        for name, effects in FAR_OUT.items()
    ]
    return far_out + [
        (f"drawn {who + 1}", float(weights[who]), tuple(map(float, drawn[who])))
        for who in range(DRAWN)
    ]


def table() -> str:
    """The table as a file."""
    lines = [",".join(("name", "weight_kg", *EFFECTS))]
    lines += [",".join((name, str(kg), *map(str, effects))) for name, kg, effects in people()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TABLE.write_text(table(), "utf-8")
