"""An agent's configuration: one TOML file, read once, whole, then immutable. All errors at once."""

from sotdae_edge.config.city import CameraHealthConfig, CityConfig
from sotdae_edge.config.gate import CameraConfig, GateConfig, WatchdogConfig
from sotdae_edge.config.reading import load_city, load_gate
from sotdae_edge.config.sections import DeviceConfig, FacilityConfig, HubConfig, StorageConfig, TlsConfig

__all__ = [
    "CameraConfig",
    "CameraHealthConfig",
    "CityConfig",
    "DeviceConfig",
    "FacilityConfig",
    "GateConfig",
    "HubConfig",
    "StorageConfig",
    "TlsConfig",
    "WatchdogConfig",
    "load_city",
    "load_gate",
]
