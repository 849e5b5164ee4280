from tidegate.control.papers import KeyRequest, MintedKey, SigningKey


def test_secrets_are_in_no_representation() -> None:
    pair = SigningKey(access_key_id="a", secret_access_key="s3cr3t")  # noqa: S106 - a test's
    assert "s3cr3t" not in repr(pair)
    assert "text" not in repr(MintedKey.model_fields["text"].repr)
    assert KeyRequest(name="a").scopes == ()
