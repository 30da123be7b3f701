"""Self-tests and policies explored: each seeded mutant of them is caught by that alone.

The cuts are walked to their fixed points in test_exploration; here `make test` walks how they begin.
"""

import pytest
from edge.core.calm_mutants import POLICY_MUTANTS, TEST_MUTANTS, Mutate
from edge.core.cuts import CUTS
from edge.core.cuts_calm import CALM
from edge.core.exploration import explore

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("name", CALM)
def test_the_first_states_keep_every_invariant(name: str) -> None:
    found = explore(CALM[name], limit=400)
    assert found.states >= 400
    assert not found.complete


@pytest.mark.slow
@pytest.mark.parametrize(("cut", "noticed", "mutate"), TEST_MUTANTS.values(), ids=TEST_MUTANTS)
def test_a_mutant_of_a_self_test_is_caught(
    cut: str, noticed: str, mutate: Mutate, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutate(monkeypatch)
    with pytest.raises(AssertionError, match=noticed):
        explore(CUTS[cut])


@pytest.mark.slow
@pytest.mark.parametrize(("noticed", "mutate"), POLICY_MUTANTS.values(), ids=POLICY_MUTANTS)
def test_a_mutant_of_a_policy_is_caught(
    noticed: str, mutate: Mutate, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutate(monkeypatch)
    with pytest.raises(AssertionError, match=noticed):
        explore(CUTS["policy"])
