"""Settings: one model, loaded from flags, environment and a configuration file."""

from exporter.settings.credentials import CredentialSettings
from exporter.settings.fields import ListenAddress
from exporter.settings.loading import SettingsError, load
from exporter.settings.model import Settings
from exporter.settings.options import Option, options
from exporter.settings.proxies import proxy_for
from exporter.settings.resolved import JobSettings
from exporter.settings.sections import LogLevel

__all__ = [
    "CredentialSettings",
    "JobSettings",
    "ListenAddress",
    "LogLevel",
    "Option",
    "Settings",
    "SettingsError",
    "load",
    "options",
    "proxy_for",
]
