"""The simulated road gives the same bits on every kind of processor, in any threads and blocks.

Golden digests, array by array, stand in same_bits.txt, which same_bits.py writes anew: a change
there is a change of every simulated result, intended and said in CHANGELOG.
"""

import math
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import same_bits

GOLDEN = same_bits.GOLDEN.read_text("utf-8").splitlines()
WITHOUT_FMA = "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX512F,-AVX2_Usable,-FMA_Usable,-FMA4_Usable"
"""No fused operations and no wide vectors in the C library; older ones know the longer names."""


def in_a_process_of_its_own(**environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, same_bits.__file__],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def changed(lines: list[str]) -> list[str]:
    """The arrays whose bits are not those recorded."""
    assert len(lines) == len(GOLDEN)
    return [found for found, golden in zip(lines, GOLDEN, strict=True) if found != golden]


def vector_features() -> list[str]:
    """The vector instructions that NumPy chooses at run time on this processor."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return [feature for feature in __cpu_dispatch__ if __cpu_features__[feature]]


def test_the_bits_are_those_recorded_and_arrays_of_both_trials_are_among_them() -> None:
    assert changed(same_bits.lines()) == []
    for trial in same_bits.TRIALS:
        assert sum(f"  {trial} " in line for line in GOLDEN) > 15


@pytest.mark.parametrize(("threads", "block"), [(3, 1), (2, 3)])
def test_the_bits_do_not_depend_on_threads_and_blocks(threads: int, block: int) -> None:
    assert changed(same_bits.lines(threads, block)) == []


def test_the_bits_do_not_depend_on_the_vector_instructions_of_numpy() -> None:
    features = vector_features()
    if not features:
        pytest.skip("NumPy has no vector instructions to switch off on this processor")
    assert changed(in_a_process_of_its_own(NPY_DISABLE_CPU_FEATURES=" ".join(features))) == []


def test_the_bits_do_not_depend_on_the_c_library_having_fused_operations() -> None:
    assert changed(in_a_process_of_its_own(GLIBC_TUNABLES=WITHOUT_FMA)) == []


def test_the_bits_do_not_depend_on_the_processor_that_loops_are_compiled_for(
    tmp_path: Path,
) -> None:
    """A processor of no kind in particular: narrow vectors, no fused operations."""
    generic = {"NUMBA_CPU_NAME": "generic", "WHOLETRIAL_CACHE": str(tmp_path)}
    assert changed(in_a_process_of_its_own(**generic)) == []


def test_a_digest_changes_with_one_bit_and_knows_one_nan() -> None:
    assert same_bits.digest([1.0]) != same_bits.digest([1.0 + 2.0**-52])
    other = struct.unpack("<d", struct.pack("<Q", 0x7FF8000000000001))[0]
    assert math.isnan(other)
    assert same_bits.digest([math.nan]) == same_bits.digest([other])
