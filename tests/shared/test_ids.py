import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from sotdae_shared.errors import WireError
from sotdae_shared.ids import BootText, FacilityId, FacilityText, FacilityType, NodeText


@given(
    city=st.text("0123456789", min_size=5, max_size=5),
    kind=st.sampled_from(FacilityType),
    number=st.integers(0, 9999),
)
def test_an_id_of_the_right_form_tells_city_and_type(city: str, kind: FacilityType, number: int) -> None:
    text = f"GG-{city}-{kind}-{number:04}"
    facility = FacilityId(text)
    assert (facility, facility.city, facility.type) == (text, city, kind)
    assert TypeAdapter(FacilityText).validate_python(text) == text


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "GG",
        "gg-41113-UP-0007",
        "GG-4111-UP-0007",
        "GG-411133-UP-0007",
        "GG-41113-XX-0007",
        "GG-41113-UP-007",
        "GG-41113-UP-00070",
        "GG-41113-UP-0007\n",
        " GG-41113-UP-0007",
        "GG-41113-UP-０００７",
        "GG-41113-UP-0007/x",
    ],
)
def test_an_id_of_another_form_is_refused_and_told_what_is_wanted(wrong: str) -> None:
    with pytest.raises(WireError, match=r"want GG-<5-digit city>"):
        FacilityId(wrong)
    with pytest.raises(ValidationError):
        TypeAdapter(FacilityText).validate_python(wrong)


@pytest.mark.parametrize(
    "wrong", ["", "-a", "Gate", "gate 7", "gate/7", "gate+", "#", "g" * 49, "gate-7\n", "게이트"]
)
def test_a_node_name_that_could_upset_a_topic_is_refused(wrong: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(NodeText).validate_python(wrong)


@pytest.mark.parametrize("wrong", ["", "0" * 15, "0" * 17, "G" * 16, "A" * 16, "0" * 16 + "\n"])
def test_a_boot_is_sixteen_lower_hexadecimal_digits(wrong: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(BootText).validate_python(wrong)
