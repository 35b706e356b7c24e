"""Logins of other makers, looks of the user interface, and addresses that may not be taken for a while."""

from __future__ import annotations

from ..tables import Row, entity, fresh


@entity("oauth_providers", "OauthProvider", indexes=("provider",))
class OauthProvider(Row):
    provider: str
    description: str
    client_id: str
    secret_key: str
    redirect_uri: str
    enabled: bool = True


@entity("gui_themes", "GuiTheme")
class GuiTheme(Row):
    name: str | None
    description: str | None
    css: str | None
    configuration: str | None
    recursive: bool = False
    public: bool = True
    common_names: list[str] = fresh(list)
    domains: list[str] = fresh(list)
    """Their uuids, like those of accounts."""
    accounts: list[str] = fresh(list)

    @property
    def is_default(self) -> bool:
        return not (self.common_names or self.domains or self.accounts)


@entity("quarantined_ips", "QuarantinedIp", indexes=("ip_id",))
class QuarantinedIp(Row):
    """Until its end only the account that had the address may take it. Rows that ended early are removed."""

    ip_id: int
    owner_id: int
    end: float
    removal_reason: str | None = None
    remover_id: int | None = None
