import os
import ssl
from pathlib import Path

import pytest

from gateway.encryption import open_encryption
from tests.fakes.certificates import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_without_a_certificate_there_is_none() -> None:
    assert open_encryption("", "", "") is None


def test_a_changed_file_is_read_again_and_a_broken_one_is_not(authority: Authority) -> None:
    issued = authority.issue("one", "server")
    tls = open_encryption(str(issued.certificate), str(issued.key), str(authority.file))
    assert tls is not None
    assert tls.context.verify_mode is ssl.CERT_OPTIONAL
    assert not tls.look()
    authority.issue("two", "server")
    os.utime(issued.key, (1, 1))
    assert tls.look()
    issued.key.write_text("no key")
    assert not tls.look()
    issued.key.unlink()
    assert not tls.look()


def test_grpc_has_credentials_of_the_same_files(authority: Authority) -> None:
    issued = authority.issue("one")
    tls = open_encryption(str(issued.certificate), str(issued.key), "")
    assert tls is not None
    assert tls.credentials() is not None
    assert tls.context.verify_mode is ssl.CERT_NONE


def test_files_that_are_no_certificate_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text("nothing")
    with pytest.raises(OSError, match="PEM"):
        open_encryption(str(tmp_path / "a.pem"), "", "")
