"""Which files are images, what is passed over, and names that are not plain text."""

import logging
import os
import tarfile
import zipfile

import pytest
from image_files import write
from PIL import Image

from genlab.errors import InputError
from genlab.images.checking.manifest import make_manifest
from genlab.images.read import read_images
from genlab.images.sources import Folder, FolderPerClass, LabelsFile
from genlab.images.sources.names import image_extensions, readable, without_extension

FORMATS = {
    ".jfif": "JPEG",
    ".avif": "AVIF",
    ".jp2": "JPEG2000",
    ".ppm": "PPM",
    ".PGM": "PPM",
    ".tga": "TGA",
    ".mpo": "MPO",
    "": "PNG",
    ".0001": "WEBP",
}


def test_what_pillow_reads_is_read_whatever_its_extension(tmp_path):
    for number, (extension, name) in enumerate(FORMATS.items()):
        Image.new("L" if name == "PPM" else "RGB", (16, 16), number).save(tmp_path / f"{number}{extension}", name)
    manifest = make_manifest(Folder(str(tmp_path)).items())
    assert dict(zip(manifest["path"], manifest["format"], strict=True)) == {
        f"{number}{extension}": "JPEG" if name == "MPO" else name for number, (extension, name) in enumerate(FORMATS.items())
    }
    assert set(manifest["decode_error"]) == {""}
    assert Folder(str(tmp_path)).survey().passed_over == {}


def test_extensions_that_pillow_only_writes_or_recognises_are_no_images():
    assert {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".jfif", ".avif", ".jp2", ".ppm"} <= image_extensions()
    assert not {".pdf", ".h5", ".mpg", ".eps", ".wmf", ".svg", ".heic", ".txt"} & image_extensions()


def test_only_the_extension_of_an_image_is_no_part_of_its_stem():
    assert [without_extension(path) for path in ("a/1.png", "scan.0001", "v1.5", "x.JPG")] == ["a/1", "scan.0001", "v1.5", "x"]


def test_what_is_passed_over_is_counted_by_kind(tmp_path, caplog):
    write(tmp_path, "1.png", "notes.txt", "a/more.TXT", "drawing.svg", "LICENSE", ".DS_Store", "Thumbs.db", "__MACOSX/x.png", ".git/y.png")
    (tmp_path / "page.h").write_text("#define x")  # begins as XBM does
    (tmp_path / "scan.unknown").write_bytes((tmp_path / "1.png").read_bytes())
    (tmp_path / "cut.unknown").write_bytes(b"\x89PNG\r\n\x1a\n")
    os.mkfifo(tmp_path / "pipe")
    layout = Folder(str(tmp_path))
    assert {item.path for item in layout.items()} == {"1.png", "scan.unknown"}
    assert layout.survey().passed_over == {".txt": 2, ".svg": 1, ".h": 1, ".unknown": 1, "no extension": 2, "system": 4}
    with caplog.at_level(logging.WARNING):
        read_images(layout, "unlabelled", 0.5, 0)
    assert "Files that are no images, passed over: 4 system, 2 " in caplog.text


def test_files_of_the_system_alone_are_no_warning(tmp_path, caplog):
    write(tmp_path, "1.png", ".DS_Store")
    with caplog.at_level(logging.INFO):
        read_images(Folder(str(tmp_path)), "unlabelled", 0.5, 0)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", "Files that are no images, passed over: 1 system.")
    ]


def test_a_set_without_images_is_an_error_that_counts_what_there_is(tmp_path):
    write(tmp_path, "a.svg", "b.svg", ".DS_Store")
    with pytest.raises(InputError, match=r"No images in .*; looked for .png, .*, found: 2 .svg, 1 system"):
        read_images(Folder(str(tmp_path)), "unlabelled", 0.5, 0)


LATIN_1 = os.fsdecode("caf\xe9".encode("latin-1"))


def test_a_name_that_is_not_utf_8_is_read_and_shown_with_an_escape(tmp_path):
    write(tmp_path, f"{LATIN_1}/{LATIN_1}.png", "a\nb/1\t2.png")
    items = {item.path: item for item in FolderPerClass(str(tmp_path)).items()}
    assert {path: (item.stem, item.label) for path, item in items.items()} == {
        r"caf\xe9/caf\xe9.png": (r"caf\xe9/caf\xe9", r"caf\xe9"),
        r"a\nb/1\t2.png": (r"a\nb/1\t2", r"a\nb"),
    }
    _, manifest = read_images(FolderPerClass(str(tmp_path)), "labelled", 0.5, 0)
    manifest.to_parquet(tmp_path / "manifest.parquet")
    assert set(manifest["decode_error"]) == {""}
    assert readable("café.png") == "café.png"


def test_names_in_archives_are_shown_in_the_same_form(tmp_path):
    write(tmp_path, "1.png")
    with tarfile.open(tmp_path / "set.tar", "w", format=tarfile.GNU_FORMAT) as archive:
        archive.add(tmp_path / "1.png", f"{LATIN_1}.png")
    assert [item.path for item in Folder(str(tmp_path / "set.tar")).items()] == [r"caf\xe9.png"]
    long = "x" * 5000
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for name in ("a\nb.png", f"{long}.png", "café.png"):
            archive.write(tmp_path / "1.png", name)
    items = list(Folder(str(tmp_path / "set.zip")).items())
    assert {item.path for item in items} == {r"a\nb.png", f"{long}.png", "café.png"}
    assert len({item.read() for item in items}) == 1


def test_two_names_that_are_shown_alike_are_an_error(tmp_path):
    write(tmp_path, f"{LATIN_1}.png", r"caf\xe9.png")
    with pytest.raises(InputError, match=r"Two files of .* are shown as 'caf\\xe9.png'"):
        list(Folder(str(tmp_path)).items())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_of_labels_as_spreadsheets_write_them_are_read(tmp_path, encoding, delimiter):
    write(tmp_path, "1.png", "2.png")
    rows = ("Stem, label ,note", '1,"café, noir",x', "2.png,thé,y")
    if delimiter != ",":
        rows = tuple(row.replace('"café, noir"', "café/noir").replace(",", delimiter) for row in rows)
    (tmp_path / "labels.csv").write_bytes("\r\n".join(rows).encode(encoding))
    expected = {"1": "café, noir" if delimiter == "," else "café/noir", "2": "thé"}
    assert {item.stem: item.label for item in LabelsFile(str(tmp_path)).items()} == expected


def test_a_table_in_latin_1_is_an_error_that_names_file_and_line(tmp_path):
    write(tmp_path, "1.png")
    (tmp_path / "labels.csv").write_bytes("stem,label\n1,café\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"labels.csv, line 2, isn't UTF-8: 1,caf\\xe9. Save the table as CSV in UTF-8."):
        list(LabelsFile(str(tmp_path)).items())


@pytest.mark.parametrize("folder", ["../other", "/data/photos", "~/photos"])
def test_a_folder_outside_the_root_is_an_error(tmp_path, folder):
    write(tmp_path, "1.png")
    (tmp_path / "labels.csv").write_text("stem,label\n1,x\n")
    with pytest.raises(InputError, match=rf"are below its `root`, .*; got '{folder}'. Write it relative to `root`."):
        list(LabelsFile(str(tmp_path), folder=folder).items())
