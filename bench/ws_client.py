"""A browser without a screen: speaks Streamlit's websocket, to time what one look at a page costs the server."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Navigation_pb2 import Navigation
from websockets.sync.client import ClientConnection, connect

PATIENCE = 120.0
MOST_BYTES = 2**28


@dataclass(frozen=True)
class Look:
    """What one run of a page sent."""

    ms: float
    """From asking to the script's end, on the wire."""
    size: int
    """Bytes received."""
    signed_in: bool
    """Whether the menu was drawn, which a stranger does not get."""
    faults: tuple[str, ...]
    """Errors that the page showed."""


@dataclass
class Client:
    """One open tab."""

    address: str
    """`host:port`"""
    page: str
    query: str = ""
    cookie: str = ""
    _page_hash: str = ""
    _kept: set[str] = field(default_factory=set)
    """Hashes of messages a browser would have kept, and not be sent again."""
    _open: ExitStack = field(default_factory=ExitStack)
    _socket: ClientConnection | None = None

    def __enter__(self) -> Self:
        self._socket = self._open.enter_context(
            connect(
                f"ws://{self.address}/_stcore/stream",
                subprotocols=["streamlit"],  # type: ignore[list-item]  # the library has a type of its own for text
                additional_headers={"Cookie": self.cookie} if self.cookie else {},
                max_size=MOST_BYTES,
                compression=None,
            )
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def look(self) -> Look:
        """Run the page once, as the browser does when it opens it or a box on it changes."""
        assert self._socket is not None, "open the tab first"
        ask = BackMsg()
        ask.rerun_script.query_string = self.query
        ask.rerun_script.page_script_hash = self._page_hash
        ask.rerun_script.page_name = "" if self._page_hash else self.page
        ask.rerun_script.cached_message_hashes.extend(sorted(self._kept))
        ask.rerun_script.context_info.url = f"http://{self.address}/{self.page}?{self.query}"
        ask.rerun_script.context_info.timezone = "Asia/Shanghai"
        ask.rerun_script.context_info.locale = "zh-CN"
        packet = ask.SerializeToString()
        began = time.perf_counter()
        self._socket.send(packet)
        packets = [self._receive()]
        while packets[-1].WhichOneof("type") != "script_finished":
            packets.append(self._receive())
        ms = (time.perf_counter() - began) * 1000
        return self._told(packets, ms)

    def _receive(self) -> ForwardMsg:
        assert self._socket is not None
        packet = self._socket.recv(PATIENCE)
        assert isinstance(packet, bytes)
        message = ForwardMsg()
        message.ParseFromString(packet)
        return message

    def _told(self, packets: list[ForwardMsg], ms: float) -> Look:
        signed_in, faults = False, []
        for packet in packets:
            if packet.metadata.cacheable:
                self._kept.add(packet.hash)
            match packet.WhichOneof("type"):
                case "navigation":
                    signed_in = packet.navigation.position == Navigation.SIDEBAR
                    self._page_hash = packet.navigation.page_script_hash
                case "delta":
                    element = packet.delta.new_element
                    if element.WhichOneof("type") == "exception":
                        faults.append(element.exception.message)
                    elif element.WhichOneof("type") == "alert" and element.alert.format == element.alert.ERROR:
                        faults.append(element.alert.body)
        return Look(ms, sum(packet.ByteSize() for packet in packets), signed_in, tuple(faults))
