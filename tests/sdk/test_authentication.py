"""Signing in takes whatever scripts give it, and does nothing."""

from __future__ import annotations

import pytest
import requests

from homeport.sdk.authentication import (
    AbstractAuthentication,
    AzureCliAuthentication,
    InteractiveLoginAuthentication,
    MsiAuthentication,
    ServicePrincipalAuthentication,
    TokenAuthentication,
)

WAYS = [
    InteractiveLoginAuthentication(force=True, tenant_id="t"),
    AzureCliAuthentication(cloud="AzureCloud"),
    ServicePrincipalAuthentication("tenant", "id", service_principal_password="secret"),
    MsiAuthentication(identity_config={"client_id": "c"}),
    TokenAuthentication(lambda audience: 1 / 0),
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: type(way).__name__)
def test_nothing_is_asked_and_nothing_is_kept(way: AbstractAuthentication) -> None:
    assert way.get_authentication_header() == {}
    token = way.get_token("scope", claims="x")
    assert (token.token, token.expires_on) == ("", 0)
    assert vars(way) == {}
    with requests.Session() as session:
        assert way.signed_session(session) is session
    with way.signed_session() as made:
        assert isinstance(made, requests.Session)
