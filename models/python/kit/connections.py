"""The connections of a trial to its peer."""

import errno
import ipaddress
import socket
import struct

MOST_SOURCES = 64
USUAL_PORTS = 60_999 - 32_768 + 1  # ephemeral ones, where nobody changed that
IP_BIND_ADDRESS_NO_PORT = 24  # which the module socket lacks
RESET = struct.pack("ii", 1, 0)  # or a closed connection holds its port for a minute


def ephemeral_ports():
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
            first, last = map(int, file.read().split())
        return max(last - first + 1, MOST_SOURCES)
    except (OSError, ValueError):
        return USUAL_PORTS


def connect_one(peer, source):
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if source and ipaddress.ip_address(peer[0]).is_loopback:
            connection.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            connection.bind((f"127.0.0.{1 + source}", 0))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        connection.connect(peer)
    except OSError:
        connection.close()
        raise
    return connection


def connect(peer, count):
    """Opens so many connections. They leave from 127.0.0.1 and the addresses that follow it: beyond half of an
    address's ports the kernel takes milliseconds to find a free one."""
    if count and peer is None:
        raise ValueError("the scripts make requests, but the spec names no peer")
    connections, used_up, from_each = [], 0, ephemeral_ports() * 3 // 8
    while len(connections) < count:
        source = len(connections) // from_each + used_up
        try:
            connections.append(connect_one((peer["address"], peer["port"]), source))
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL and source + 1 < MOST_SOURCES:
                used_up += 1
                continue
            raise ConnectionError(
                f"connection {len(connections) + 1} of {count} to the peer at {peer['address']}:{peer['port']}: {error}"
            ) from error
    return connections
