import pytest

from core.data.readers import (
    Limits,
    ReadAs,
    read,
    reading,
    sampled,
    source_of_bytes,
)
from core.errors import DatasetError
from tests.core.data.odd_files import BAD, ODD


def test_there_are_at_least_sixty_of_them():
    assert len(ODD) + len(BAD) >= 60


@pytest.mark.parametrize("case", ODD)
def test_an_odd_file_loads_with_all_of_its_values(case):
    name, content, expected = ODD[case]
    assert read(name, content).frame.to_dict("list") == expected


@pytest.mark.parametrize("case", ODD)
def test_an_odd_file_read_again_as_it_was_read_gives_the_same_rows(case):
    source = source_of_bytes(*ODD[case][:2])
    first = reading(source)
    again = reading(source, first.read_as)
    assert (again.dataset.id, again.read_as) == (first.dataset.id, first.read_as)
    assert ReadAs.model_validate_json(first.read_as.model_dump_json()) == first.read_as


@pytest.mark.parametrize("case", ODD)
def test_an_odd_file_sampled_whole_is_the_file(case):
    name, content, expected = ODD[case]
    found = sampled(source_of_bytes(name, content), rows=1_000)
    assert found.is_whole
    assert found.reading.dataset.frame.to_dict("list") == expected


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_with_what_where_and_what_to_do(case):
    name, content, pieces = BAD[case]
    with pytest.raises(DatasetError) as raised:
        read(name, content)
    message = str(raised.value)
    assert [piece for piece in pieces if piece not in message] == [], message
    assert message.startswith(name.partition(".")[0])
    assert message.endswith(".")


def test_a_zip_bomb_is_refused_by_what_really_comes_out(tmp_path):
    _, content, _ = BAD["zip that lies"]
    with pytest.raises(DatasetError):
        reading(source_of_bytes("f.zip", content), limits=Limits(max_bytes=50_000))
