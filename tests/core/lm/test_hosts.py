"""No model is asked where a cloud keeps the machine's credentials, whatever the host is called."""

import socket

import pytest
from dspy.utils.exceptions import LMConfigurationError

from core.lm.checking import check_connection
from core.lm.connection import LMConfig, connect
from core.lm.hosts import is_reserved, leads_to_reserved


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "fe80::1%eth0",
        "::ffff:169.254.169.254",
        "fd00:ec2::254",
        "100.100.100.200",
        "Metadata.Google.Internal.",
    ],
)
def test_a_host_of_a_cloud_is_known_as_it_is_written(host):
    assert is_reserved(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "10.0.0.8", "192.168.1.2", "localhost"])
def test_models_may_run_here_and_in_private_networks(host):
    assert not is_reserved(host)


def test_a_number_that_means_such_an_address_is_seen_through():
    assert leads_to_reserved("http://2852039166/v1")  # 169.254.169.254
    assert not leads_to_reserved("http://127.0.0.1:8000/v1")
    assert not leads_to_reserved("http://nobody.invalid/v1")


def test_a_name_is_looked_up_before_the_first_call_and_not_before_each(monkeypatch):
    asked = []

    def getaddrinfo(host, port, *args, **kwargs):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    config = LMConfig(model="m", api_base="http://models.example.org/v1")
    lm = connect(config, role="task model")
    assert asked == []
    with pytest.raises(LMConfigurationError, match="not a model"):
        lm("hello")
    found = check_connection(config)
    assert found.advice.title == "No model is asked there."
    assert set(asked) == {"models.example.org"}


def test_where_a_model_may_be_its_name_is_looked_up_once(monkeypatch):
    asked = []
    monkeypatch.setattr("core.lm.connection.leads_to_reserved", lambda base: asked.append(base))
    lm = connect(LMConfig(model="m", api_base="http://127.0.0.1:9/v1", retries=0), role="m")
    for _ in range(2):
        with pytest.raises(Exception, match="refused"):
            lm("hello")
    assert asked == ["http://127.0.0.1:9/v1"]
