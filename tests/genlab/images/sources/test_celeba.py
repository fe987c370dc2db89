"""CelebA: the official split, attributes as labels, archives, Kaggle's tables, and tables that are missing, truncated or wrong."""

import csv
import io

import pytest
from public_sets import celeba, file_in

from genlab.errors import InputError
from genlab.images.decode import decode_item, load
from genlab.images.sources import CelebA


@pytest.mark.parametrize("packed", [False, True])
def test_faces_have_the_official_split_and_attributes_as_labels(tmp_path, packed):
    celeba(tmp_path, packed)
    layout = CelebA(str(tmp_path), attributes=["Male", "Smiling"])
    items = list(layout.items())
    folder = "Img/img_align_celeba.zip/img_align_celeba" if packed else "img_align_celeba"
    assert [item.path for item in items] == [f"{folder}/{number:06d}.jpg" for number in range(1, 31)]
    assert [item.split for item in items] == ["train"] * 20 + ["test"] * 10  # validation and test are held out
    labels = ["not Male, not Smiling", "Male, not Smiling", "not Male, Smiling", "Male, not Smiling"]
    assert [item.label for item in items][:4] == labels
    assert decode_item(items[0], load(items[0])).size == (178, 218)
    assert items[4].stem == "000005" and layout.survey() == ({}, [])


def test_without_attributes_there_are_no_labels_and_a_single_one_has_two(tmp_path):
    celeba(tmp_path)
    assert {item.label for item in CelebA(str(tmp_path)).items()} == {""}
    assert [item.label for item in CelebA(str(tmp_path), ["Male"]).items()][:2] == ["not Male", "Male"]


def test_the_tables_of_kaggle_are_read(tmp_path):
    celeba(tmp_path)
    expected = [item[2:] for item in CelebA(str(tmp_path), ["Smiling"]).items()]
    for folder, name, columns in (("Anno", "list_attr_celeba", True), ("Eval", "list_eval_partition", False)):
        old = tmp_path / folder / f"{name}.txt"
        lines = [line.split() for line in old.read_text().splitlines()]
        old.unlink()
        file = io.StringIO()
        rows = [["image_id", *lines[1]], *lines[2:]] if columns else [["image_id", "partition"], *lines]
        csv.writer(file).writerows(rows)
        file_in(tmp_path / f"{name}.csv", file.getvalue())
    assert [item[2:] for item in CelebA(str(tmp_path), ["Smiling"]).items()] == expected


def test_without_the_partition_the_set_has_no_split_and_says_so(tmp_path):
    celeba(tmp_path)
    (tmp_path / "Eval" / "list_eval_partition.txt").unlink()
    layout = CelebA(str(tmp_path / "img_align_celeba"))
    assert {item.split for item in layout.items()} == {""}
    assert "There is no list_eval_partition.txt" in layout.survey().remarks[0]


def test_faces_that_a_table_lists_and_that_are_missing_are_unreadable_items(tmp_path):
    celeba(tmp_path)
    (tmp_path / "img_align_celeba" / "000007.jpg").unlink()
    items = list(CelebA(str(tmp_path), ["Male"]).items())
    assert len(items) == 30 and items[-1][0] == "img_align_celeba/000007.jpg" and items[-1].label == "not Male"
    with pytest.raises(FileNotFoundError):
        items[-1].read()


def test_wrong_tables_and_attributes_are_errors_that_name_them(tmp_path):
    celeba(tmp_path)
    table = tmp_path / "Anno" / "list_attr_celeba.txt"
    with pytest.raises(InputError, match=r"CelebA has no 'Smilling'. Did you mean 'Smiling'\? It has: 5_o_Clock_Shadow, Male, Smiling"):
        list(CelebA(str(tmp_path), ["Smilling"]).items())
    text = table.read_text()
    table.write_text("".join(text.splitlines(keepends=True)[:-3]))
    with pytest.raises(InputError, match=r"list_attr_celeba.txt has 27 rows, expected 30"):
        list(CelebA(str(tmp_path), ["Male"]).items())
    table.write_text(text[:-4])
    with pytest.raises(InputError, match=r"list_attr_celeba.txt, line 32: 000030.jpg has 2 values, expected 3"):
        list(CelebA(str(tmp_path), ["Male"]).items())
    table.unlink()
    with pytest.raises(InputError, match=r"No list_attr_celeba.txt in .*, which belongs to CelebA"):
        list(CelebA(str(tmp_path), ["Male"]).items())
    (tmp_path / "Eval" / "list_eval_partition.txt").write_text("000001.jpg 5\n")
    with pytest.raises(InputError, match=r"list_eval_partition.txt: 000001.jpg is in part '5', expected 0, 1 or 2"):
        list(CelebA(str(tmp_path)).items())
    with pytest.raises(InputError, match=r"No images of CelebA in .*: expected a folder img_celeba or img_celeba.zip"):
        list(CelebA(str(tmp_path), images="img_celeba").items())
