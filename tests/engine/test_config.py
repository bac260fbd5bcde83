"""Deployment settings: defaults, file, environment, and errors that help."""

from pathlib import Path

import pytest

from tagwatch.config import FILE_NAME, ConfigError, MailTls, example, load


def test_defaults_need_no_file(tmp_path: Path) -> None:
    config = load(tmp_path, {})
    assert (config.web.port, config.tags.port) == (8080, 8081)
    assert config.keys_folder == tmp_path / "keys"
    assert config.receiver_socket == tmp_path / "run" / "receiver.sock"


def test_the_environment_outranks_the_file(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('[web]\nport = 9000\n[smtp]\nhost = "mail"\n')
    found = load(tmp_path, {"TAGWATCH_WEB_PORT": "9001", "TAGWATCH_SMTP_TLS": "tls"})
    assert found.web.port == 9001
    assert (found.smtp.host, found.smtp.tls) == ("mail", MailTls.TLS)


def test_an_unknown_key_is_refused_and_the_nearest_named(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("[web]\nprot = 9000\n")
    with pytest.raises(ConfigError, match="did you mean `port`"):
        load(tmp_path, {})


@pytest.mark.parametrize("text", ["[web", '[web]\nport = "many"\n', "[web]\nport = true\n"])
def test_what_is_wrong_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(ConfigError, match=FILE_NAME):
        load(tmp_path, {})


def test_the_example_is_the_defaults(tmp_path: Path) -> None:
    lines = example().splitlines()
    text = "\n".join(line.removeprefix("# ") for line in lines[2:])
    (tmp_path / FILE_NAME).write_text(text)
    assert load(tmp_path, {}) == load(tmp_path / "other", {}).__class__(data=tmp_path)
