"""Files that are there whole or not at all."""

import pytest

from segmentation.errors import UserError
from segmentation.settings import write_whole


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
