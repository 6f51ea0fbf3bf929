"""The sealed list: committed now, verified later, written once."""

import hashlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholetrial.conduct.allocation import allocate
from wholetrial.conduct.allocation_files import allocation_files, write_allocation
from wholetrial.conduct.allocation_list import (
    SeedError,
    allocation_list,
    commitment,
    generator_key,
    list_csv,
    new_seed,
    site_csv,
    verify,
)
from wholetrial.protocol.condition import Compare
from wholetrial.protocol.design import Allocation
from wholetrial.protocol.load import load

TRIALS = Path(__file__).parents[2] / "trials"
TRIAL = load(TRIALS / "NCT00320216" / "trial.yaml")
SEED = "00112233445566778899aabbccddeeff" * 2
HASH = commitment(TRIAL, SEED)
LIST = list_csv(allocation_list(TRIAL, SEED))


def stratified():
    heavy = Compare(value="weight", compare=">", threshold=90.0, unit="kg")
    allocation = Allocation(randomized="permuted blocks", sizes=(5, 10), strata=("heavy",))
    design = TRIAL.design.model_copy(update={"allocation": allocation})
    return TRIAL.model_copy(update={"design": design, "terms": {**TRIAL.terms, "heavy": heavy}})


def test_the_list_is_replicate_0_of_the_simulator_with_the_same_key():
    listed = allocation_list(TRIAL, SEED)
    simulated = allocate(TRIAL, generator_key(SEED), [0])[0]
    assert [line.arm for line in listed.lines] == [listed.arms[arm] for arm in simulated]
    assert [line.sequence for line in listed.lines] == list(range(1, 321))


def test_the_same_seed_gives_the_same_list_on_any_machine():
    assert LIST.splitlines()[:4] == [
        "sequence,stratum,block,arm,kit",
        "1,,1,weekly_45,0001",
        "2,,1,weekly_90,0002",
        "3,,1,once_90,0003",
    ]
    assert hashlib.sha256(LIST.encode()).hexdigest() == (
        "aa5c573e2af11c8e63a0d6653545b3c73635dc376d845913cc49052f2595cf4a"
    )


def test_the_commitment_is_a_plain_sha256_that_anybody_can_compute():
    content = {
        "arms": [[name, 64] for name in TRIAL.arms],
        "sizes": [5, 10],
        "strata": [""],
        "trial": "NCT00320216",
        "version": "wholetrial allocation 1",
    }
    message = b"wholetrial allocation 1 commitment\n" + bytes.fromhex(SEED)
    message += json.dumps(content, separators=(",", ":")).encode()
    assert hashlib.sha256(message).hexdigest() == HASH


def test_the_committed_list_verifies():
    assert verify(TRIAL, SEED, HASH, LIST).holds
    assert verify(TRIAL, SEED.upper(), f" {HASH}\n", LIST).holds


def test_a_list_that_went_on_verifies_under_its_first_commitment():
    longer = list_csv(allocation_list(TRIAL, SEED, reserve=37))
    assert longer.startswith(LIST)
    assert verify(TRIAL, SEED, HASH, longer).holds


@settings(max_examples=40)
@given(place=st.integers(0, len(LIST) - 1), character=st.sampled_from("0a,\n_"))
def test_any_changed_byte_of_the_list_fails(place, character):
    changed = LIST[:place] + character + LIST[place + 1 :]
    checked = verify(TRIAL, SEED, HASH, changed)
    assert checked.seed_holds
    assert checked.list_holds == (changed == LIST)
    assert bool(checked.difference) == (changed != LIST)


@settings(max_examples=40)
@given(place=st.integers(0, 63), digit=st.sampled_from("0123456789abcdef"))
def test_any_changed_digit_of_the_seed_fails(place, digit):
    changed = SEED[:place] + digit + SEED[place + 1 :]
    checked = verify(TRIAL, changed, HASH, LIST)
    assert checked.seed_holds == checked.list_holds == (changed == SEED)


def test_a_changed_trial_fails():
    arm = TRIAL.arms["placebo"].model_copy(update={"n": 128})
    larger = TRIAL.model_copy(update={"arms": {**TRIAL.arms, "placebo": arm}, "trial": "other"})
    sizes = TRIAL.design.allocation.model_copy(update={"sizes": (6, 12)})
    design = TRIAL.design.model_copy(update={"allocation": sizes})
    changed = larger.model_copy(update={"design": design})
    assert commitment(changed, SEED) != HASH
    assert not verify(changed, SEED, HASH, LIST).holds


def test_a_missing_row_is_named():
    checked = verify(TRIAL, SEED, HASH, "".join(LIST.splitlines(keepends=True)[:-1]))
    assert checked.difference.startswith("row 321: the seed makes '320,,")
    assert checked.difference.endswith("the list holds nothing")


def test_the_site_sees_no_arm_and_no_block():
    site = site_csv(allocation_list(TRIAL, SEED))
    assert site.splitlines()[:2] == [
        "sequence,stratum,kit,participant,date,signature",
        "1,,0001,,,",
    ]
    assert not any(arm in site for arm in TRIAL.arms)


def test_every_stratum_has_a_list_for_all_participants_and_kits_of_its_own():
    listed = allocation_list(stratified(), SEED, reserve=5)
    assert len(listed.lines) == 2 * (320 + 5)
    assert len({line.kit for line in listed.lines}) == len(listed.lines)
    assert (listed.lines[0].kit, listed.lines[325].kit) == ("1-0001", "2-0001")
    arms = [line.arm for line in listed.lines]
    assert arms[:325] != arms[325:]
    assert verify(stratified(), SEED, commitment(stratified(), SEED), list_csv(listed)).holds


def test_a_fresh_seed_is_256_bits_and_never_the_same():
    seeds = {new_seed() for _ in range(100)}
    assert len(seeds) == 100
    assert all(len(bytes.fromhex(seed)) == 32 for seed in seeds)


@pytest.mark.parametrize("seed", ["", "7", "0" * 63, "g" * 64, "0" * 65])
def test_a_seed_that_could_be_guessed_is_refused(seed):
    with pytest.raises(SeedError, match="64 hexadecimal digits") as error:
        allocation_list(TRIAL, seed)
    assert "got" in str(error.value)


def test_a_reserve_below_zero_is_refused():
    with pytest.raises(ValueError, match="a reserve lies in 0 to"):
        allocation_list(TRIAL, SEED, reserve=-1)


def test_files_are_apart_private_and_complete(tmp_path):
    files = write_allocation(
        tmp_path / "out" / "allocation", TRIAL, SEED, allocation_list(TRIAL, SEED)
    )
    assert files.pharmacist.read_text() == LIST
    assert SEED in files.seed.read_text()
    public = files.commitment.read_text()
    assert HASH in public
    for secret in (SEED, "sizes", "once_45"):
        assert secret not in public
        assert secret not in files.site.read_text()
    assert SEED not in LIST
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["allocation"]
    if os.name == "posix":
        assert files.seed.stat().st_mode & 0o077 == 0
        assert files.pharmacist.stat().st_mode & 0o077 == 0


def test_a_list_in_use_is_never_replaced(tmp_path):
    folder = tmp_path / "allocation"
    write_allocation(folder, TRIAL, SEED, allocation_list(TRIAL, SEED))
    other = new_seed()
    with pytest.raises(FileExistsError, match="never overwritten"):
        write_allocation(folder, TRIAL, other, allocation_list(TRIAL, other))
    assert allocation_files(folder).pharmacist.read_text() == LIST


def test_nothing_half_written_stays_when_writing_fails(tmp_path, monkeypatch):
    def full(_: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        write_allocation(tmp_path / "allocation", TRIAL, SEED, allocation_list(TRIAL, SEED))
    assert list(tmp_path.iterdir()) == []
