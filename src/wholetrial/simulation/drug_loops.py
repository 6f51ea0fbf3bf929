"""Passes over one drug in the workspace of the inner loop (`lesion_loops`): 64 people at a time.

A drug has its rows from `g` on: the concentration that halves its signal, its three modes and what
they keep over half a part, the signal at this moment, the moments of a step, the amplitudes.
"""

from wholetrial.numerics.compiled import inlined

LANES = 64
COLUMNS = 80
"""Columns between rows: no two rows that are used together share a place in the cache."""
IC50, M0, M1, M2, D0, D1, D2, S0, Q0, Q1, Q2, AMPLITUDE = range(12)
DRUG_ROWS = 14


@inlined
def signal_now(w, g, three):
    """What the drug leaves of its signal at this moment."""
    for i in range(LANES):
        c = w[(g + M0) * COLUMNS + i] + w[(g + M1) * COLUMNS + i]
        if three:
            c = c + w[(g + M2) * COLUMNS + i]
        half = w[(g + IC50) * COLUMNS + i]
        w[(g + S0) * COLUMNS + i] = half / (half + c)


@inlined
def squared(w, g, three):
    """Decay over twice the time."""
    for i in range(LANES):
        w[(g + D0) * COLUMNS + i] *= w[(g + D0) * COLUMNS + i]
        w[(g + D1) * COLUMNS + i] *= w[(g + D1) * COLUMNS + i]
        if three:
            w[(g + D2) * COLUMNS + i] *= w[(g + D2) * COLUMNS + i]


@inlined
def follow_part(w, g, v, first, three):
    """Follow a drug over a part of a step and add the part's share to the signal's moments.

    `v` weighs the signal at the part's start, middle and end for each of the three moments.
    """
    v00, v01, v02, v10, v11, v12, v20, v21, v22 = v
    for i in range(LANES):
        d0, d1 = w[(g + D0) * COLUMNS + i], w[(g + D1) * COLUMNS + i]
        m0 = w[(g + M0) * COLUMNS + i] * d0
        m1 = w[(g + M1) * COLUMNS + i] * d1
        half = w[(g + IC50) * COLUMNS + i]
        middle = m0 + m1
        m0 *= d0
        m1 *= d1
        end = m0 + m1
        if three:
            d2 = w[(g + D2) * COLUMNS + i]
            m2 = w[(g + M2) * COLUMNS + i] * d2
            middle = middle + m2
            m2 *= d2
            end = end + m2
            w[(g + M2) * COLUMNS + i] = m2
        middle = half + middle
        end = half + end
        share = half / (middle * end)
        s0, sm, s1 = w[(g + S0) * COLUMNS + i], share * end, share * middle
        q0 = (v00 * s0 + v01 * sm) + v02 * s1
        q1 = (v10 * s0 + v11 * sm) + v12 * s1
        q2 = (v20 * s0 + v21 * sm) + v22 * s1
        if not first:
            q0 += w[(g + Q0) * COLUMNS + i]
            q1 += w[(g + Q1) * COLUMNS + i]
            q2 += w[(g + Q2) * COLUMNS + i]
        w[(g + Q0) * COLUMNS + i] = q0
        w[(g + Q1) * COLUMNS + i] = q1
        w[(g + Q2) * COLUMNS + i] = q2
        w[(g + M0) * COLUMNS + i] = m0
        w[(g + M1) * COLUMNS + i] = m1
        w[(g + S0) * COLUMNS + i] = s1


@inlined
def project(w, g, t, k):
    """The parabola with the signal's moments (Legendre), at the start, middle and end."""
    for i in range(LANES):
        q0, q1 = w[(g + Q0) * COLUMNS + i], k.three * w[(g + Q1) * COLUMNS + i]
        q2 = w[(g + Q2) * COLUMNS + i]
        ends = q0 + k.five * q2
        w[t * COLUMNS + i] = ends - q1
        w[(t + 1) * COLUMNS + i] = q0 - k.five_halves * q2
        w[(t + 2) * COLUMNS + i] = ends + q1


@inlined
def follow_step(w, g, t):
    """Follow a drug over a whole step: its signal at the start, middle and end."""
    for i in range(LANES):
        d0, d1, d2 = w[(g + D0) * COLUMNS + i], w[(g + D1) * COLUMNS + i], w[(g + D2) * COLUMNS + i]
        m0 = w[(g + M0) * COLUMNS + i] * d0
        m1 = w[(g + M1) * COLUMNS + i] * d1
        m2 = w[(g + M2) * COLUMNS + i] * d2
        half = w[(g + IC50) * COLUMNS + i]
        middle = half + ((m0 + m1) + m2)
        m0 *= d0
        m1 *= d1
        m2 *= d2
        end = half + ((m0 + m1) + m2)
        share = half / (middle * end)
        w[t * COLUMNS + i] = w[(g + S0) * COLUMNS + i]
        w[(t + 1) * COLUMNS + i] = share * end
        w[(t + 2) * COLUMNS + i] = share * middle
        w[(g + M0) * COLUMNS + i] = m0
        w[(g + M1) * COLUMNS + i] = m1
        w[(g + M2) * COLUMNS + i] = m2
        w[(g + S0) * COLUMNS + i] = share * middle
