from tidegate.demo.models import find_magika, read_config, read_features

CONFIG = {"beg_size": 4, "end_size": 4, "block_size": 8, "padding_token": 256}


def test_a_short_file_is_padded_behind_and_in_front() -> None:
    assert read_features(b" ab ", CONFIG) == [97, 98, 32, 256, 256, 32, 97, 98]


def test_a_long_file_gives_its_ends() -> None:
    assert read_features(b"0123456789abcdef", CONFIG) == [*b"0123", *b"cdef"]


def test_magikas_model_is_there_with_its_configuration() -> None:
    folder = find_magika()
    assert (folder / "model.onnx").stat().st_size > 1_000_000
    config = read_config(folder)
    assert len(read_features(b"import os\n", config)) == config["beg_size"] + config["end_size"]
