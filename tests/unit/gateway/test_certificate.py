from gateway.caller import Certificate
from gateway.certificate import CERTIFICATE, read_certificate


def test_a_scope_may_have_a_certificate() -> None:
    ann = Certificate("ann", "ab12")
    assert read_certificate({"extensions": {CERTIFICATE: ann}}) is ann
    assert read_certificate({}) is None
