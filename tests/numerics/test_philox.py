import numpy as np
import pytest

from wholetrial.numerics.philox import Purpose, Stream, normals, philox4x32, uniforms


def words(*numbers):
    return tuple(np.array([number], dtype=np.uint64) for number in numbers)


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ((0, 0, 0, 0), 0, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((0xFFFFFFFF,) * 4, 0xFFFFFFFFFFFFFFFF, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            0x299F31D0A4093822,
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_philox_matches_the_known_answers_of_random123(counter, key, answer):
    drawn = philox4x32(words(*counter), key)
    assert " ".join(f"{int(word[0]):08x}" for word in drawn) == answer


def test_any_participant_of_any_replicate_can_be_drawn_alone():
    everyone = uniforms(Stream(5, np.arange(40)[:, None], np.arange(30)), Purpose.BIOLOGY, 7)
    assert everyone.shape == (40, 30, 7)
    alone = uniforms(Stream(5, 17, 23), Purpose.BIOLOGY, 7)
    assert np.array_equal(everyone[17, 23], alone)


@pytest.mark.parametrize("fewer", [1, 2, 3, 6])
def test_more_draws_leave_the_earlier_ones_as_they_were(fewer):
    stream = Stream(5, 0, np.arange(4))
    more = uniforms(stream, Purpose.DROPOUT, 7)
    assert np.array_equal(more[:, :fewer], uniforms(stream, Purpose.DROPOUT, fewer))


def test_seed_replicate_participant_purpose_and_occasion_each_give_other_numbers():
    draws = [
        uniforms(Stream(seed, replicate, participant), purpose, 2, occasion=occasion)
        for seed in (0, 1, 1 << 32)
        for replicate in (0, 1)
        for participant in (0, 1)
        for purpose in Purpose
        for occasion in (0, 1, 84)
    ]
    numbers = np.concatenate(draws)
    assert len(np.unique(numbers)) == numbers.size


def test_occasions_broadcast_with_participants():
    visits = np.array([[0], [28], [84]])
    noise = normals(Stream(5, 0, np.arange(6)), Purpose.VISIT_NOISE, 1, occasion=visits)
    at_84 = normals(Stream(5, 0, np.arange(6)), Purpose.VISIT_NOISE, 1, occasion=84)
    assert noise.shape == (3, 6, 1)
    assert np.array_equal(noise[2], at_84)


def test_uniforms_are_uniform_and_normals_are_normal():
    stream = Stream(11, np.arange(100)[:, None], np.arange(1000))
    u = uniforms(stream, Purpose.BASELINE, 4)
    assert 0.0 < u.min() < 1e-5
    assert 1.0 - 1e-5 < u.max() < 1.0
    counts = np.bincount((u * 100).astype(int).ravel(), minlength=100)
    chi_squared = np.sum((counts - u.size / 100) ** 2) / (u.size / 100)
    assert 58 < chi_squared < 150  # 99 degrees of freedom: 1 in 1,000 on either side
    z = normals(stream, Purpose.BASELINE, 4)
    assert abs(z.mean()) < 4 / np.sqrt(z.size)
    assert abs(np.mean(z * z) - 1.0) < 4 * np.sqrt(2 / z.size)
    assert np.max(np.abs(np.corrcoef(z.reshape(-1, 4).T) - np.eye(4))) < 4 / np.sqrt(1e5)


def test_the_smallest_and_largest_words_stay_inside_the_open_interval():
    from wholetrial.numerics.philox import _unit_interval

    low, high = words(0, 0xFFFFFFFF)
    assert _unit_interval(low, low) == 2.0**-53
    assert _unit_interval(high, high) == 1.0 - 2.0**-53


@pytest.mark.parametrize("seed", [-1, 1 << 64])
def test_a_seed_outside_64_bits_is_refused(seed):
    with pytest.raises(ValueError, match=r"a seed is a whole number from 0 to 2\*\*64 - 1"):
        uniforms(Stream(seed, 0, 0), Purpose.BIOLOGY, 1)


def test_numbers_that_are_no_participants_are_refused():
    with pytest.raises(ValueError, match="participant must lie in 0 to 4294967295; got -1 to 3"):
        uniforms(Stream(0, 0, [-1, 3]), Purpose.BIOLOGY, 1)
    with pytest.raises(TypeError, match="replicate must be whole numbers; got float64"):
        uniforms(Stream(0, 0.5, 1), Purpose.BIOLOGY, 1)
    with pytest.raises(ValueError, match="occasion must lie in 0 to 16777215"):
        uniforms(Stream(0, 0, 1), Purpose.BIOLOGY, 1, occasion=1 << 24)


def test_purposes_keep_their_numbers():
    assert {purpose.name: int(purpose) for purpose in Purpose} == {
        "ALLOCATION": 1,
        "BASELINE": 2,
        "BIOLOGY": 3,
        "VISIT_NOISE": 4,
        "DROPOUT": 5,
        "ADVERSE_EVENTS": 6,
        "SCREENING": 7,
        "DEMOGRAPHICS": 8,
        "MISSED_VISITS": 9,
        "PHYSICIAN_CHOICE": 10,
        "COURSE": 11,
        "MODEL_UNCERTAINTY": 12,
        "RESAMPLING": 13,
        "IMPUTATION": 14,
        "IMPUTATION_MODEL": 15,
        "REGIONS": 16,
        "COUNTING": 17,
        "SOBOL_SCRAMBLE": 18,
        "ELIGIBILITY": 19,
    }
