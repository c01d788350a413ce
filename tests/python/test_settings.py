"""What an input's name stands for, and files that are there whole or not at all."""

import pytest

from segmentation.errors import UserError
from segmentation.settings import read_vars, write_whole


def test_an_input_is_a_file_some_files_or_a_relation(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "part 1.csv").write_text("")
    (tmp_path / "all").mkdir()
    inputs = {
        "part 1.csv": str(tmp_path / "part 1.csv"),
        "part *.csv": str(tmp_path / "part *.csv"),
        "all/../part 1.csv": str(tmp_path / "part 1.csv"),
        "shop.orders": "shop.orders",
        '"shop"."all orders"': '"shop"."all orders"',
    }
    for value, stands_for in inputs.items():
        assert read_vars(None, transactions=value) == {"transactions": stands_for}
        assert read_vars(None, customers=value) == {"customers": stands_for}


@pytest.mark.parametrize(
    "value", ["nope.csv", "part *.csv", "nope/orders", "Nope.XLSX", "no'pe.gz"]
)
def test_a_file_that_is_not_there_is_told_before_dbt_starts(tmp_path, monkeypatch, value):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as told:
        read_vars(None, customers=value)
    assert str(told.value) == f"There is no file {tmp_path / value}: correct the path of customers."


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path):
    file = tmp_path / "new" / "page.html"
    for text in ("old", "new ü"):
        write_whole(file, text)
        assert file.read_text(encoding="utf-8") == text
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "page.html").mkdir()
    for file in (tmp_path / "file" / "page.html", tmp_path / "page.html"):
        with pytest.raises(UserError, match=r"cannot be written .*SEGMENTATION_PUBLIC"):
            write_whole(file, "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "page.html"]
