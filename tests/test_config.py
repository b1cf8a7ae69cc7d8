"""An installation that could lose money or leak does not start, and says which setting is at fault."""

import base64
from dataclasses import fields, replace

import pytest

import config
from config import Config, ConfigError

KEY = base64.b64encode(b"k" * 32).decode()
SECRET = "0123456789abcdef0123456789abcdef"
PLAIN = {"SECRET_KEY": SECRET}
LIVE = {
    **PLAIN, "STRIPE_SECRET_KEY": "sk_live_123", "STRIPE_WEBHOOK_SECRETS": "whsec_1",
    "PUBLIC_URL": "https://give.example.org",
}  # fmt: skip
TEST = {**PLAIN, "STRIPE_SECRET_KEY": "sk_test_123", "STRIPE_WEBHOOK_SECRETS": "whsec_1"}
PROVIDER = {
    **PLAIN, "OIDC_ISSUER": "https://id.example.org/realms/ours", "OIDC_CLIENT_ID": "sahayog",
    "OIDC_CLIENT_SECRET": "a secret of the provider", "OIDC_NAME": "our own sign-in",
}  # fmt: skip


def test_with_a_secret_alone_it_starts_on_this_machine_and_takes_no_gifts_online():
    made = Config.from_env(PLAIN)

    assert made.DATABASE_URL == "sqlite:///var/sahayog.db"
    assert (made.STRIPE_SECRET_KEY, made.is_test_mode, made.is_secure) == ("", False, False)


@pytest.mark.parametrize(
    ("env", "is_test", "is_secure"),
    [
        (TEST, True, False),
        (LIVE, False, True),
        ({**LIVE, "STRIPE_SECRET_KEY": "rk_live_1"}, False, True),
        ({**LIVE, "PUBLIC_URL": "http://127.0.0.1:8000"}, False, False),
        ({**TEST, "STRIPE_API_BASE": "http://127.0.0.1:8001"}, True, False),
        ({**TEST, "STRIPE_API_BASE": "http://[::1]:8001/"}, True, False),
        ({**TEST, "STRIPE_API_BASE": "https://sandbox.example"}, True, False),
    ],
)
def test_whether_money_is_real_follows_from_key_and_base(env, is_test, is_secure):
    made = Config.from_env(env)

    assert (made.is_test_mode, made.is_secure) == (is_test, is_secure)


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({}, "SECRET_KEY"), ({"SECRET_KEY": ""}, "SECRET_KEY"), ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({**LIVE, "STRIPE_API_BASE": "https://sandbox.example"}, "STRIPE_API_BASE"),
        ({**LIVE, "STRIPE_API_BASE": "http://127.0.0.1:8001"}, "STRIPE_API_BASE"),
        ({**LIVE, "STRIPE_API_BASE": "https://api.stripe.com.evil.example"}, "STRIPE_API_BASE"),
        ({**LIVE, "STRIPE_SECRET_KEY": "rk_live_1", "STRIPE_API_BASE": "http://localhost"}, "STRIPE_API_BASE"),
        ({**LIVE, "DEMO_CLOCK_FILE": "var/clock"}, "DEMO_CLOCK_FILE"),
        ({**LIVE, "PUBLIC_URL": "http://give.example.org"}, "PUBLIC_URL"),
        ({**LIVE, "STRIPE_CHECKOUT_ORIGINS": "http://pay.example"}, "STRIPE_CHECKOUT_ORIGINS"),
        ({**TEST, "STRIPE_API_BASE": "http://sandbox.example"}, "STRIPE_API_BASE"),
        ({**TEST, "STRIPE_API_BASE": "http://127.0.0.1.evil.example"}, "STRIPE_API_BASE"),
        ({**TEST, "STRIPE_API_BASE": "http://localhost@evil.example"}, "STRIPE_API_BASE"),
        ({**TEST, "STRIPE_API_BASE": "api.stripe.com"}, "STRIPE_API_BASE"),
        ({**TEST, "STRIPE_API_BASE": "http://["}, "STRIPE_API_BASE"),
        ({**TEST, "STRIPE_WEBHOOK_SECRETS": ""}, "STRIPE_WEBHOOK_SECRETS"),
        ({**TEST, "STRIPE_WEBHOOK_SECRETS": " , ,"}, "STRIPE_WEBHOOK_SECRETS"),
        ({**TEST, "STRIPE_SECRET_KEY": "pk_test_123"}, "STRIPE_SECRET_KEY"),
        ({**TEST, "STRIPE_SECRET_KEY": "whsec_123"}, "STRIPE_SECRET_KEY"),
        ({**TEST, "STRIPE_CHECKOUT_ORIGINS": "https://a.example; script-src *"}, "STRIPE_CHECKOUT_ORIGINS"),
        ({**TEST, "STRIPE_CHECKOUT_ORIGINS": "*"}, "STRIPE_CHECKOUT_ORIGINS"),
        ({**PROVIDER, "OIDC_ISSUER": "http://id.example.org"}, "OIDC_ISSUER"),
        ({**PROVIDER, "OIDC_ISSUER": "id.example.org"}, "OIDC_ISSUER"),
        ({**PROVIDER, "OIDC_ISSUER": "https://user:pass@id.example.org"}, "OIDC_ISSUER"),
        ({**PROVIDER, "OIDC_ISSUER": "https://id.example.org/?tenant=1"}, "OIDC_ISSUER"),
        ({**PROVIDER, "OIDC_CLIENT_ID": ""}, "OIDC_CLIENT_ID"),
        ({**PROVIDER, "OIDC_CLIENT_SECRET": ""}, "OIDC_CLIENT_SECRET"),
        ({**PROVIDER, "OIDC_NAME": ""}, "OIDC_NAME"),
        ({**PROVIDER, "OIDC_COUNTS_AS_SECOND_FACTOR": "perhaps"}, "OIDC_COUNTS_AS_SECOND_FACTOR"),
        ({**PLAIN, "PUBLIC_URL": "give.example.org"}, "PUBLIC_URL"),
        ({**PLAIN, "PUBLIC_URL": "https://give.example.org/"}, "PUBLIC_URL"),
        ({**PLAIN, "PUBLIC_URL": "https://give.example.org/crm"}, "PUBLIC_URL"),
        ({**PLAIN, "PUBLIC_URL": "https://user:pass@give.example.org"}, "PUBLIC_URL"),
        ({**PLAIN, "PUBLIC_URL": "ftp://give.example.org"}, "PUBLIC_URL"),
        ({**PLAIN, "PUBLIC_URL": "javascript:alert(1)"}, "PUBLIC_URL"),
        ({**PLAIN, "PUBLIC_URL": "https://give.example.org:port"}, "PUBLIC_URL"),
        ({**PLAIN, "DATABASE_URL": "mysql://x/y"}, "DATABASE_URL"), ({**PLAIN, "DATABASE_URL": "x.db"}, "DATABASE_URL"),
        ({**PLAIN, "QUEUE_URL": "amqp://x"}, "QUEUE_URL"), ({**PLAIN, "SMTP_URL": "mail.example.org"}, "SMTP_URL"),
        ({**PLAIN, "RATE_LIMIT_URL": "postgresql://x"}, "RATE_LIMIT_URL"),
        ({**PLAIN, "TRUSTED_PROXIES": "-1"}, "TRUSTED_PROXIES"), ({**PLAIN, "TRUSTED_PROXIES": "²"}, "TRUSTED_PROXIES"),
        ({**PLAIN, "ENCRYPTION_KEYS": "spring"}, "ENCRYPTION_KEYS"),
        ({**PLAIN, "ENCRYPTION_KEYS": "spring:c2hvcnQ="}, "ENCRYPTION_KEYS"),
        ({**PLAIN, "ENCRYPTION_KEYS": f"spring:{KEY[:-1]}"}, "ENCRYPTION_KEYS"),
        ({**PLAIN, "ENCRYPTION_KEYS": f"Spring 1:{KEY}"}, "ENCRYPTION_KEYS"),
        ({**PLAIN, "ENCRYPTION_KEYS": f"secret-1:{KEY}"}, "ENCRYPTION_KEYS"),
        ({**PLAIN, "ENCRYPTION_KEYS": f"spring:{KEY},spring:{KEY}"}, "ENCRYPTION_KEYS"),
        ({**PLAIN, "TRUSTED_PROXIES": "one"}, "TRUSTED_PROXIES"), ({**PLAIN, "LOG_LEVEL": "CHATTY"}, "LOG_LEVEL"),
    ],
)  # fmt: skip
def test_what_could_lose_money_or_leak_stops_the_start_by_name(env, named):
    with pytest.raises(ConfigError, match=named):
        Config.from_env(env)


@pytest.mark.parametrize("issuer", [PROVIDER["OIDC_ISSUER"], "https://id.example.org/", "http://127.0.0.1:4000"])
def test_a_provider_of_sign_ins_is_named_by_its_issuer_which_may_have_a_path(issuer):
    made = Config.from_env({**PROVIDER, "OIDC_ISSUER": issuer, "OIDC_COUNTS_AS_SECOND_FACTOR": "yes"})

    assert made.provider_counts_as_second_factor
    assert not Config.from_env(PROVIDER).provider_counts_as_second_factor


def test_a_refusal_never_repeats_a_secret():
    with pytest.raises(ConfigError) as refused:
        Config.from_env({**TEST, "STRIPE_SECRET_KEY": "my-very-secret-key"})
    assert "very-secret" not in str(refused.value)
    with pytest.raises(ConfigError) as refused:
        Config.from_env({**PLAIN, "ENCRYPTION_KEYS": f"spring:{KEY}x"})
    assert KEY[:8] not in str(refused.value)


def test_keys_of_encrypted_columns_are_read_in_their_order():
    made = Config.from_env({**PLAIN, "ENCRYPTION_KEYS": f" spring:{KEY}, winter-1:{KEY} ,"})

    assert made.encryption_keys == (("spring", b"k" * 32), ("winter-1", b"k" * 32))
    assert KEY[:8] not in repr(made)
    assert Config.from_env(PLAIN).encryption_keys == ()


def test_printing_the_settings_prints_no_secret():
    env = {
        **TEST, "DATABASE_URL": "postgresql://user:hunter2@host/name", "SMTP_URL": "smtp://user:hunter2@host",
        "QUEUE_URL": "redis://:hunter2@host", "RATE_LIMIT_URL": "redis://:hunter2@host",
    }  # fmt: skip
    shown = repr(Config.from_env(env))

    assert not [secret for secret in (SECRET, "sk_test_123", "whsec_1", "hunter2") if secret in shown]


def test_several_secrets_and_origins_are_read_between_commas():
    env = {
        **TEST, "STRIPE_WEBHOOK_SECRETS": " whsec_1, whsec_2 ,",
        "STRIPE_CHECKOUT_ORIGINS": "https://a.example/, http://127.0.0.1:9",
    }  # fmt: skip
    made = Config.from_env(env)

    assert made.webhook_secrets == ("whsec_1", "whsec_2")
    assert made.checkout_origins == ("https://a.example", "http://127.0.0.1:9")


def test_an_empty_setting_means_its_default_and_others_mean_nothing():
    made = Config.from_env({**PLAIN, "LOG_LEVEL": "", "PATH": "/bin", "SOMETHING_ELSE": "1"})

    assert made.LOG_LEVEL == "INFO"


def test_a_changed_setting_is_guarded_like_a_first_one():
    with pytest.raises(ConfigError, match="LOG_LEVEL"):
        replace(Config.from_env(PLAIN), LOG_LEVEL="CHATTY")


@pytest.fixture
def env_file(tmp_path, monkeypatch):
    """A `.env` beside a `config.py`, and nothing else in the environment."""
    monkeypatch.setattr(config, "__file__", str(tmp_path / "config.py"))
    for each in fields(Config):
        monkeypatch.delenv(each.name, raising=False)
    return tmp_path / ".env"


def test_a_file_beside_it_is_read_and_the_environment_goes_before_it(env_file, monkeypatch):
    env_file.write_text(
        f"# SECRET_KEY=no\n\nSECRET_KEY = {SECRET}\nPUBLIC_URL='https://a.example'\nLOG_LEVEL=\"DEBUG\"\n"
        "SMTP_URL=smtp://a:b=c@host\nnonsense\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PUBLIC_URL", "https://b.example")
    made = Config.from_env()

    assert (made.SECRET_KEY, made.LOG_LEVEL, made.SMTP_URL) == (SECRET, "DEBUG", "smtp://a:b=c@host")
    assert made.PUBLIC_URL == "https://b.example"


def test_an_environment_that_is_handed_over_is_the_only_one(env_file):
    env_file.write_text(f"SECRET_KEY={SECRET}\nLOG_LEVEL=DEBUG\n", encoding="utf-8")

    assert Config.from_env(PLAIN).LOG_LEVEL == "INFO"
    assert Config.from_env().LOG_LEVEL == "DEBUG"


def test_without_file_and_environment_it_says_how_to_make_a_secret(env_file):
    with pytest.raises(ConfigError, match=r"token_hex"):
        Config.from_env()


def test_the_example_names_every_setting_once_and_no_secret():
    lines = [line.partition("=") for line in Config.example().splitlines() if line and not line.startswith("#")]

    assert [name for name, _is, _value in lines] == [each.name for each in fields(Config)]
    values = {name: value for name, _is, value in lines}
    assert (values["SECRET_KEY"], values["STRIPE_SECRET_KEY"], values["STRIPE_WEBHOOK_SECRETS"]) == ("", "", "")


def test_the_example_becomes_an_installation_by_adding_a_secret(env_file):
    env_file.write_text(Config.example().replace("SECRET_KEY=\n", f"SECRET_KEY={SECRET}\n", 1), encoding="utf-8")

    assert Config.from_env() == Config.from_env(PLAIN)


def test_an_attached_file_has_as_many_megabytes_as_are_asked_for():
    assert Config.from_env(PLAIN).largest_file == 10_000_000
    assert Config.from_env({**PLAIN, "LARGEST_FILE": "100"}).largest_file == 100_000_000


@pytest.mark.parametrize("size", ["0", "-1", "101", "ten", "1.5", "010"])
def test_a_size_of_files_that_makes_no_sense_is_refused(size):
    with pytest.raises(ConfigError, match="LARGEST_FILE"):
        Config.from_env({**PLAIN, "LARGEST_FILE": size})


def test_staff_are_sent_to_stripes_dashboard_or_to_what_stands_in_for_stripe():
    assert Config.from_env(TEST).stripe_dashboard == "https://dashboard.stripe.com"
    stand_in = Config.from_env({**TEST, "STRIPE_API_BASE": "http://127.0.0.1:8001/"})
    assert stand_in.stripe_dashboard == "http://127.0.0.1:8001"
