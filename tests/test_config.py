"""Settings: defaults, every wrong one named at once, and the kept secret."""

import os
import re
import stat

import pytest

import config

STRONG = "kZ4w9Qx1Lm7Tb2Rv8Yc3Nd6Hs5Jf0GpA"


def test_an_empty_environment_takes_the_defaults(tmp_path):
    settings = config.load({"PORTAL_DATA": str(tmp_path)})

    assert settings.database == str(tmp_path / "portal.db")
    assert settings.uses_sqlite and settings.embeds_redis
    assert settings.redis_url == f"unix://{tmp_path}/redis/redis.sock?db=0"
    assert (settings.host, settings.port, settings.language) == ("127.0.0.1", 8000, "th")
    assert settings.demo and not settings.production
    assert settings.files == ""
    assert settings.address == "http://127.0.0.1:8000/"


def test_the_data_folder_is_var_in_the_project(tmp_path, monkeypatch):
    assert (config.PROJECT / "config.py").is_file()

    monkeypatch.setattr(config, "PROJECT", tmp_path)

    assert config.load({}).data == tmp_path / "var"


def test_every_wrong_setting_is_named_at_once(tmp_path):
    wrong = {
        "PORTAL_DATABASE": "mysql://host/portal",
        "PORTAL_REDIS": "http://host",
        "PORTAL_DATA": str(tmp_path),
        "PORTAL_HOST": "no such host",
        "PORTAL_PORT": "๘๐๐๐",
        "PORTAL_SECRET_KEY": "short",
        "PORTAL_DEMO": "yes",
        "PORTAL_LANGUAGE": "fr",
        "PORTAL_PRODUCTION": "1",
        "PORTAL_FILES": "/srv/files",
        "PORTAL_MAIL": "mail.example.go.th",
        "PORTAL_URL": "portal.example.go.th",
    }

    with pytest.raises(config.SettingsError) as caught:
        config.load(wrong)

    named = [line.split(":")[0] for line in caught.value.problems]
    assert sorted(named) == sorted(set(wrong) - {"PORTAL_DATA", "PORTAL_PRODUCTION"})
    assert all("\n" not in line and ": " in line for line in caught.value.problems)


def test_a_mail_server_and_an_address_for_links_are_taken_and_kept_from_view(tmp_path):
    mail = "smtp://portal:s3cret@mail.example.go.th:587?from=portal@example.go.th"
    settings = config.load(
        {"PORTAL_DATA": str(tmp_path), "PORTAL_MAIL": mail, "PORTAL_URL": "https://portal.example.go.th"}
    )

    assert settings.mail == mail and settings.public_address == "https://portal.example.go.th/"
    assert "s3cret" not in repr(settings)
    assert config.load(settings.environment()).mail == mail


def test_without_an_address_of_its_own_letters_link_to_where_the_portal_listens(tmp_path):
    settings = config.load({"PORTAL_DATA": str(tmp_path), "PORTAL_PORT": "8123"})

    assert settings.mail == "" and settings.public_address == "http://127.0.0.1:8123/"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORTAL_MAIL", "smtp://mail.example.go.th", "no sender is named"),
        ("PORTAL_MAIL", "smtp://mail.example.go.th?from=a@b.c&tls=no", "only from="),
        ("PORTAL_MAIL", "smtp://mail.example.go.th:99999?from=a@b.c", "1 to 65535"),
        ("PORTAL_URL", "https://portal.example.go.th/cpd/", "at the root"),
        ("PORTAL_PORT", "0", "1 to 65535"),
        ("PORTAL_PORT", "65536", "1 to 65535"),
        ("PORTAL_PORT", "-1", "1 to 65535"),
        ("PORTAL_HOST", "http://localhost", "not a host"),
        ("PORTAL_HOST", "1.2.3", "not an address"),
        ("PORTAL_HOST", "::zz", "not a host"),
        ("PORTAL_REDIS", "redis://", "no host"),
        ("PORTAL_REDIS", "unix://", "no socket"),
        ("PORTAL_REDIS", "redis://host:99999/0", "wrong port"),
        ("PORTAL_DATABASE", "postgresql://host", "no database"),
        ("PORTAL_DATABASE", "postgresql://host:port/portal", "wrong port"),
        ("PORTAL_DATABASE", "sqlite:///portal.db", "not known"),
        ("PORTAL_DATABASE", "/no/such/folder/portal.db", "is not there"),
        ("PORTAL_DATABASE", "/tmp", "is a folder"),
        ("PORTAL_DATA", "/dev/null", "not a folder"),
        ("PORTAL_DATA", "/dev/null/var", "not a folder"),
        ("PORTAL_DATA", "/proc/portal", "cannot make"),
        ("PORTAL_FILES", "s3://", "s3://bucket/prefix"),
        ("PORTAL_FILES", "s3://bucket/../other", "plain folders"),
        ("PORTAL_LANGUAGE", "TH", "th or en"),
        ("PORTAL_DEMO", "true", "1 for yes"),
    ],
)
def test_a_wrong_setting_says_how_to_mend_it(tmp_path, name, value, words):
    with pytest.raises(config.SettingsError, match=words) as caught:
        config.load({"PORTAL_DATA": str(tmp_path), name: value})

    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(f"{name}: ")


def test_a_misspelled_name_is_pointed_out(tmp_path):
    with pytest.raises(config.SettingsError, match=r"PORTAL_DATABSE: .*write PORTAL_DATABASE"):
        config.load({"PORTAL_DATA": str(tmp_path), "PORTAL_DATABSE": "x.db"})


def test_the_secret_is_made_once_and_kept_for_its_owner_alone(tmp_path):
    first = config.load({"PORTAL_DATA": str(tmp_path)}).secret_key
    (tmp_path / "secret.key").chmod(0o644)
    second = config.load({"PORTAL_DATA": str(tmp_path)}).secret_key

    assert first == second and len(first) == 64
    assert stat.S_IMODE(os.stat(tmp_path / "secret.key").st_mode) == 0o600
    assert os.listdir(tmp_path) == ["secret.key"]


def test_a_damaged_secret_is_refused_not_replaced(tmp_path):
    (tmp_path / "secret.key").write_text("")

    with pytest.raises(config.SettingsError, match="is damaged: remove that file"):
        config.load({"PORTAL_DATA": str(tmp_path)})


@pytest.mark.parametrize("weak", ["x" * 64, "0123456789abcdef", "my-secret-key-" + STRONG, "changeme" + STRONG])
def test_a_weak_secret_is_refused_in_production_only(tmp_path, weak):
    asked = {"PORTAL_DATA": str(tmp_path), "PORTAL_SECRET_KEY": weak}

    assert config.load(asked).secret_key == weak
    with pytest.raises(config.SettingsError, match="PORTAL_SECRET_KEY: too easy to guess"):
        config.load({**asked, "PORTAL_PRODUCTION": "1"})


def test_production_takes_a_strong_secret_and_no_demonstration(tmp_path):
    asked = {"PORTAL_DATA": str(tmp_path), "PORTAL_PRODUCTION": "1", "PORTAL_SECRET_KEY": STRONG}

    assert config.load(asked).demo is False
    with pytest.raises(config.SettingsError, match="PORTAL_DEMO"):
        config.load({**asked, "PORTAL_DEMO": "1"})


def test_no_password_shows_in_the_printed_settings(tmp_path):
    settings = config.load(
        {
            "PORTAL_DATA": str(tmp_path),
            "PORTAL_DATABASE": "postgresql://portal:hunter2@db/portal",
            "PORTAL_REDIS": "redis://:hunter2@queue:6379/0",
            "PORTAL_SECRET_KEY": "hunter2",
        }
    )

    assert "hunter2" not in repr(settings)
    assert not settings.uses_sqlite and not settings.embeds_redis


def test_settings_survive_the_way_through_the_environment(tmp_path):
    settings = config.load({"PORTAL_DATA": str(tmp_path), "PORTAL_HOST": "[::1]", "PORTAL_FILES": "s3://books/cpd/"})

    assert config.load(settings.environment()) == settings
    assert settings.address == "http://[::1]:8000/"
    assert settings.files == "s3://books/cpd"


@pytest.mark.parametrize("name", ["my work", "a=b", "สหกรณ์", "50%"])
def test_a_data_folder_of_any_name_gets_a_socket_with_a_plain_one(tmp_path, name):
    settings = config.load({"PORTAL_DATA": str(tmp_path / name)})

    assert re.fullmatch(r"unix://[A-Za-z0-9._/-]+\?db=0", settings.redis_url)


def test_a_deep_data_folder_still_gets_a_socket_short_enough(tmp_path):
    deep = tmp_path / ("long" * 20) / ("path" * 20)
    settings = config.load({"PORTAL_DATA": str(deep)})

    assert len(os.fsencode(settings.redis_socket)) < 107
    assert settings.redis_socket != config.load({"PORTAL_DATA": str(tmp_path)}).redis_socket


def test_the_readme_tells_of_every_setting():
    readme = (config.PROJECT / "README.md").read_text(encoding="utf-8")

    assert [name for name in config.VARIABLES if f"`{name}`" not in readme] == []
