"""The peer that docs/protocol.md describes."""

import select
import socket
import struct
import threading
import time
from collections import namedtuple

from page import BITS

HEADER = struct.Struct("=IIQQQ")
MAGIC = 0x63626E63

Frame = namedtuple("Frame", "connection bytes arrived replied")


class Peer:
    """Sends each frame back after its delay. `misbehave` changes the delay or the reply of every frame."""

    def __init__(self, delay=lambda ns: ns, served=lambda number: number ^ (BITS - 1)):
        self.delay, self.served = delay, served
        self.connections, self.frames, self.complaints = 0, [], []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection, self.connections), daemon=True).start()

    def serve(self, connection, name):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        numbers = set()
        with connection, connection.makefile("rb") as stream:
            while len(header := self.read(stream, HEADER.size)) == HEADER.size:
                arrived = time.monotonic_ns()
                magic, size, delay, number, zero = HEADER.unpack(header)
                payload = self.read(stream, size)
                with self.lock:
                    if magic != MAGIC or zero != 0 or len(payload) != size:
                        self.complaints.append(f"a bad frame: {header.hex()}")
                    if number in numbers:
                        self.complaints.append(f"connection {name} sends the number {number} twice")
                numbers.add(number)
                time.sleep(self.delay(delay) / 1e9)
                if select.select([connection], [], [], 0)[0] and connection.recv(1, socket.MSG_PEEK):
                    self.complaints.append(f"two frames under way on connection {name}")
                reply = HEADER.pack(magic, size, delay, number, self.served(number)) + payload
                frame = Frame(name, size, arrived, time.monotonic_ns())
                with self.lock:
                    self.frames.append(frame)
                try:
                    connection.sendall(reply)
                except OSError:
                    return

    @staticmethod
    def read(stream, size):
        try:
            return stream.read(size)
        except OSError:
            return b""

    def most_under_way(self):
        ends = [(f.arrived, 1) for f in self.frames] + [(f.replied, -1) for f in self.frames]
        under_way = most = 0
        for _, change in sorted(ends):
            under_way += change
            most = max(most, under_way)
        return most
