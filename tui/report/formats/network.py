"""The network by itself, as `core.save_network` writes it and every command that takes a file opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.sources.saving import network_bytes

if TYPE_CHECKING:
    from core.network.network import Network
    from core.settings.provenance import Provenance
    from tui.report.formats.format import Bundle


def network_contents(bundle: Bundle) -> bytes:
    """The network of the trace as safetensors: the bytes of the file."""
    return network_file(bundle.trace.network, ".safetensors", bundle.made)


def network_file(network: Network, suffix: str, made: Provenance) -> bytes:
    """A network as `.npz` or `.safetensors`, with what, when and how it was made: the bytes of the file."""
    return network_bytes(network, suffix, made)
