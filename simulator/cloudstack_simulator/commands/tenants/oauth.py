"""OAuth providers. Nobody verifies codes: that is done by the provider, whom the simulator does not reach."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import CloudRuntime, NotModelled
from ...model.access import OauthProvider
from ...registry import SUCCESS, command

PLUGINS = ("google", "github")


def _is_enabled(call: Call) -> bool:
    return bool(call.setting("oauth2.enabled"))


def provider_view(call: Call, provider: OauthProvider) -> dict[str, Any]:
    return {
        "id": provider.uuid,
        "provider": provider.provider,
        "description": provider.description,
        "clientid": provider.client_id,
        "secretkey": provider.secret_key,
        "redirecturi": provider.redirect_uri,
        "enabled": provider.enabled and provider.provider in PLUGINS and _is_enabled(call),
    }


@command("registerOauthProvider")
def register(call: Call) -> dict[str, Any]:
    p = call.params
    if not _is_enabled(call):
        raise CloudRuntime("OAuth is not enabled, please enable to register")
    if call.db.oauth_providers.first(provider=p.provider) is not None:
        raise CloudRuntime(f"Provider with the name {p.provider} is already registered")
    provider = call.db.oauth_providers.add(
        OauthProvider(
            provider=p.provider,
            description=p.description,
            client_id=p.clientid.strip(),
            secret_key=p.secretkey.strip(),
            redirect_uri=p.redirecturi.strip(),
        )
    )
    return {"oauthprovider": provider_view(call, provider)}


@command("listOauthProvider")
def list_providers(call: Call) -> dict[str, Any]:
    p = call.params
    rows = [
        row
        for row in call.db.oauth_providers
        if (p.id is None or row is p.id) and (not p.provider or p.id is not None or row.provider == p.provider)
    ]
    return call.listing("oauthprovider", rows, provider_view)


@command("updateOauthProvider")
def update(call: Call) -> dict[str, Any]:
    p, provider = call.params, call.params.id
    if not provider or provider.removed is not None:
        raise CloudRuntime("Provider with the given id is not there")
    provider.description = p.description or provider.description
    provider.client_id = (p.clientid or "").strip() or provider.client_id
    provider.secret_key = (p.secretkey or "").strip() or provider.secret_key
    provider.redirect_uri = (p.redirecturi or "").strip() or provider.redirect_uri
    provider.enabled = p.get("enabled", provider.enabled)
    return {"oauthprovider": provider_view(call, provider)}


@command("deleteOauthProvider")
def delete(call: Call) -> dict[str, Any]:
    if call.params.id:
        call.db.oauth_providers.delete(call.params.id)
    return SUCCESS


@command("verifyOAuthCodeAndGetUser")
def verify_code(call: Call) -> dict[str, Any]:
    name = call.params.provider
    if not _is_enabled(call) or name.lower() not in PLUGINS:
        raise CloudRuntime(f"Failed to find OAuth2 authentication provider by the name: {name}.")
    raise NotModelled("verifyOAuthCodeAndGetUser")
