"""Archives: what is packed comes back, and what is hostile stays out."""

import gzip
import io
import tarfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput, MalformedRequest, PayloadTooLarge, UnsafePath
from registry.archive import ArchiveLimits, pack_archive, unpack_archive
from registry.package import verify_package
from tests.samples import make_package

LIMITS = ArchiveLimits(total_bytes=10_000, files=5)
Entry = tuple[str, bytes]


def entry(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.size, made.linkname = kind, size, "target"
    return made


def pack(entries: Sequence[tarfile.TarInfo], form: int = tarfile.GNU_FORMAT) -> io.BytesIO:
    """An archive of these headers, each with as many zeros as it announces."""
    packed = io.BytesIO()
    with tarfile.open(mode="w:gz", fileobj=packed, format=form) as archive:
        for made in entries:
            archive.addfile(made, io.BytesIO(bytes(made.size)) if made.isreg() else None)
    packed.seek(0)
    return packed


def test_a_package_comes_back(tmp_path: Path) -> None:
    package = make_package(tmp_path / "package", "iris")
    pack_archive(package.folder, tmp_path / "p.tar.gz")
    unpack_archive(tmp_path / "p.tar.gz", tmp_path / "again")
    assert verify_package(tmp_path / "again").manifest == package.manifest


def test_packing_takes_only_what_is_listed_and_is_repeatable(tmp_path: Path) -> None:
    package = make_package(tmp_path / "package", "iris")
    pack_archive(package.folder, tmp_path / "a.tar.gz")
    (package.folder / "stray").write_text("x")
    package.model_path.touch()
    pack_archive(package.folder, tmp_path / "b.tar.gz")
    assert (tmp_path / "a.tar.gz").read_bytes() == (tmp_path / "b.tar.gz").read_bytes()


def test_packing_refuses_a_link(tmp_path: Path) -> None:
    package = make_package(tmp_path / "package", "iris")
    package.model_path.unlink()
    package.model_path.symlink_to("/etc/passwd")
    with pytest.raises(UnsafePath):
        pack_archive(package.folder, tmp_path / "a.tar.gz")


def test_folders_and_leading_dots_are_fine(tmp_path: Path) -> None:
    names = [entry(".", tarfile.DIRTYPE), entry("./a", tarfile.DIRTYPE), entry("./a/b.bin", size=3)]
    unpack_archive(pack(names), tmp_path / "out", LIMITS)
    assert (tmp_path / "out" / "a" / "b.bin").read_bytes() == bytes(3)


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_all_forms_of_tar_are_read(form: int, tmp_path: Path) -> None:
    name = f"{'d' * 80}/{'f' * 60}"
    unpack_archive(pack([entry(name, size=3)], form), tmp_path / "out", LIMITS)
    assert (tmp_path / "out" / name).is_file()


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../up", "a/../../up", "a//b", ".hidden", "a\\b", "a b", "-x", "é", ".."]
)  # fmt: skip
def test_paths_that_are_not_plain_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnsafePath):
        unpack_archive(pack([entry(name, size=3)]), tmp_path / "out", LIMITS)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
        tarfile.FIFOTYPE,
        tarfile.GNUTYPE_SPARSE,
    ],
)
def test_what_is_no_plain_file_is_refused(kind: bytes, tmp_path: Path) -> None:
    with pytest.raises((UnsafePath, MalformedRequest)):
        unpack_archive(pack([entry("a", kind)]), tmp_path / "out", LIMITS)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("second", ["a", "a/b"])
def test_a_name_that_stands_twice_is_refused(second: str, tmp_path: Path) -> None:
    with pytest.raises(UnsafePath):
        unpack_archive(pack([entry("a", size=1), entry(second, size=2)]), tmp_path / "out", LIMITS)
    assert (tmp_path / "out" / "a").read_bytes() == bytes(1)


def test_a_link_that_was_there_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a").symlink_to(tmp_path)
    with pytest.raises(UnsafePath):
        unpack_archive(pack([entry("a/b", size=1)]), tmp_path / "out", LIMITS)
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("sizes", [[10_001], [6_000, 6_000]])
def test_more_bytes_than_the_limit_are_refused(sizes: list[int], tmp_path: Path) -> None:
    entries = [entry(f"f{index}", size=size) for index, size in enumerate(sizes)]
    with pytest.raises(PayloadTooLarge, match="10000"):
        unpack_archive(pack(entries), tmp_path / "out", LIMITS)
    written = sum(path.stat().st_size for path in (tmp_path / "out").iterdir())
    assert written <= LIMITS.total_bytes


def test_a_bomb_is_refused_by_what_it_announces(tmp_path: Path) -> None:
    bomb = entry("bomb", size=50_000_000)
    packed = pack([bomb])
    assert len(packed.getvalue()) < 60_000
    with pytest.raises(PayloadTooLarge):
        unpack_archive(packed, tmp_path / "out", LIMITS)
    assert packed.tell() <= 20_480


def test_more_entries_than_the_limit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MalformedRequest, match="more than 5 entries"):
        unpack_archive(pack([entry(f"f{index}") for index in range(6)]), tmp_path / "out", LIMITS)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_of_unreasonable_size_is_not_read(kind: bytes, tmp_path: Path) -> None:
    header = entry("h", kind, size=20_000_000)
    packed = io.BytesIO(gzip.compress(header.tobuf() + bytes(20_000_000)))
    with pytest.raises(MalformedRequest, match="unreasonable"):
        unpack_archive(packed, tmp_path / "out", LIMITS)


def test_headers_without_end_are_refused(tmp_path: Path) -> None:
    packed = io.BytesIO(gzip.compress(entry("h", tarfile.XHDTYPE).tobuf() * 5_000))
    with pytest.raises(MalformedRequest):
        unpack_archive(packed, tmp_path / "out", LIMITS)


@pytest.mark.parametrize(
    "content", [b"", b"not gzip", gzip.compress(b""), gzip.compress(b"x" * 600)]
)
def test_what_is_no_archive_is_malformed(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(MalformedRequest):
        unpack_archive(io.BytesIO(content), tmp_path / "out", LIMITS)


def test_half_an_archive_is_malformed(tmp_path: Path) -> None:
    package = make_package(tmp_path / "package", "iris", features=64)
    pack_archive(package.folder, tmp_path / "p.tar.gz")
    half = (tmp_path / "p.tar.gz").read_bytes()[:400]
    with pytest.raises(MalformedRequest):
        unpack_archive(io.BytesIO(half), tmp_path / "out")


@settings(suppress_health_check=list(HealthCheck), max_examples=40)
@given(st.integers(0, 700), st.binary(min_size=1, max_size=8))
def test_any_damage_is_survived(tmp_path: Path, at: int, damage: bytes) -> None:
    content = bytearray(gzip.decompress(pack([entry("a", size=3), entry("b", size=9)]).getvalue()))
    content[at : at + len(damage)] = damage
    target = tmp_path / f"{at}-{damage.hex()}" / "out"
    with suppress(InvalidInput):
        unpack_archive(io.BytesIO(gzip.compress(bytes(content))), target, LIMITS)
    assert {path.parent for path in target.parent.rglob("*") if path.is_file()} <= {target}
