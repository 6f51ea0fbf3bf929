"""Participant flow: every person is counted once on the way, as CONSORT asks."""

from dataclasses import replace

from wholetrial.report.participant_flow import participant_flow
from wholetrial.report.trials_shown import shown_trials


def flows(contents):
    return [participant_flow(contents, trial) for trial in shown_trials(contents)]


def test_the_eight_people_go_their_ways(whole):
    recorded, _ = flows(whole)
    drug, placebo = recorded.arms
    assert (recorded.came_in, recorded.n) == ("Randomized", 8)
    assert (drug.assigned, drug.treated, drug.left, drug.completed) == (4, 4, 1, 3)
    assert (placebo.assigned, placebo.treated, placebo.left, placebo.completed) == (4, 3, 1, 3)
    assert [(one.set, one.n) for one in drug.analyzed] == [("randomized", 4), ("treated", 4)]
    assert [(one.set, one.n) for one in placebo.analyzed] == [("randomized", 4), ("treated", 3)]


def test_arms_add_up_to_those_randomized_and_each_arm_to_its_ends(whole):
    for flow in flows(whole):
        assert sum(arm.assigned for arm in flow.arms) == flow.n
        for arm in flow.arms:
            assert arm.left + arm.completed == arm.assigned
            assert arm.treated <= arm.assigned


def test_without_dispositions_nobody_is_said_to_have_completed_the_study(whole):
    unfollowed = replace(whole.recorded, tables=("participants", "observations"))
    flow, _ = flows(replace(whole, recorded=unfollowed))
    assert [(arm.left, arm.completed) for arm in flow.arms] == [(None, None), (None, None)]


def test_only_a_simulated_trial_counts_those_screened(whole):
    recorded, simulated = flows(whole)
    assert (recorded.screened, recorded.not_enrolled) == ("", "")
    assert (simulated.screened, simulated.not_enrolled) == ("11", "3")
    assert int(simulated.screened) - int(simulated.not_enrolled) == simulated.n
