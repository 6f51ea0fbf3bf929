"""Arms are told apart with any color vision, and stand out on white paper.

Missing cones are simulated with the matrices of Machado, Oliveira and Fernandes, IEEE Trans Vis
Comput Graph 2009;15:1291-8, severity 1; distances are CIE 1976 Lab.
"""

from itertools import combinations

import numpy as np
import pytest

from wholetrial.report.colors import HAIR, INK, PAPER, QUIET, arm_colors, contrast

VISION = {
    "all cones": np.eye(3),
    "no red cones": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "no green cones": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(color, vision):
    parts = np.array([int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(VISION[vision] @ linear, 0, 1) / np.array([0.9505, 1, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def with_arms(protocol, experimental, control):
    arm = protocol.arms["a"]
    arms = {f"e{n}": arm for n in range(experimental)}
    arms |= {f"c{n}": arm.model_copy(update={"role": "control"}) for n in range(control)}
    return protocol.model_copy(update={"arms": arms})


@pytest.mark.parametrize("vision", VISION)
def test_six_arms_and_a_control_differ_to_every_eye(protocol, vision):
    colors = arm_colors(with_arms(protocol, 6, 1)).values()
    nearest = min(
        float(np.linalg.norm(lab(one, vision) - lab(other, vision)))
        for one, other in combinations(colors, 2)
    )
    assert nearest > 15


def test_every_color_stands_out_on_white(protocol):
    for color in arm_colors(with_arms(protocol, 6, 2)).values():
        assert contrast(color, PAPER) >= 3
    assert contrast(INK, PAPER) >= 7
    assert contrast(QUIET, PAPER) >= 4.5
    assert contrast(HAIR, PAPER) < 1.5


def test_controls_are_gray_and_more_arms_share_colors(protocol):
    colors = arm_colors(with_arms(protocol, 7, 1))
    assert colors["c0"] == QUIET
    assert colors["e6"] == colors["e0"]
