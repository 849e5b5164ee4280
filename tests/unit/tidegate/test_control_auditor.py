from tidegate.control.auditor import HIDDEN, hide


def test_values_of_secrets_are_hidden_wherever_they_stand() -> None:
    document = {"items": [{"text": "tg_x", "name": "a"}], "token": "t", "key": {"id": "k"}}
    assert hide(document) == {
        "items": [{"text": HIDDEN, "name": "a"}],
        "token": HIDDEN,
        "key": {"id": "k"},
    }
