"""One accent color for each arm, told apart with any color vision, dark enough on white.

Vermillion and green are Okabe and Ito's; the others were chosen to stay apart without red or green
cones, at a contrast of 3 to 1 and more (WCAG 2.2, non-text contrast).
"""

from wholetrial.protocol.protocol import Protocol

INK = "#1c2733"
QUIET = "#5b6672"
HAIR = "#dfe3e8"
PAPER = "#ffffff"

_CONTROL = ("#5b6672", "#8a6d3b")
_EXPERIMENTAL = ("#0b62a4", "#d55e00", "#009e73", "#7a1f3d", "#4a90d9", "#332288")


def arm_colors(protocol: Protocol) -> dict[str, str]:
    """The color of each arm: grays for controls, hues for what is tested.

    More arms than colors share them again; labels and marks tell them apart.
    """
    colors: dict[str, str] = {}
    for role, shades in (("experimental", _EXPERIMENTAL), ("control", _CONTROL)):
        arms = [name for name, arm in protocol.arms.items() if arm.role == role]
        colors |= {name: shades[index % len(shades)] for index, name in enumerate(arms)}
    return {name: colors[name] for name in protocol.arms}


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two colors (WCAG 2.2, relative luminance): 1 to 21.

    >>> contrast("#000000", "#ffffff")
    21.0
    """
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    parts = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
