package kit

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
)

const (
	mostSources = 64
	usualPorts  = 60_999 - 32_768 + 1 // ephemeral ones, where nobody changed that

	ipBindAddressNoPort = 24 // IP_BIND_ADDRESS_NO_PORT, which the package syscall lacks
)

// Opens so many connections to the peer, each with Nagle's algorithm off. They leave from 127.0.0.1 and the addresses
// that follow it: beyond half of an address's ports the kernel takes milliseconds to find a free one.
func connect(peer PeerSpec, count int, bytes uint64) ([]Connection, error) {
	connections := make([]Connection, 0, count)
	fail := func(err error) ([]Connection, error) {
		opened := len(connections)
		closeAll(connections)
		return nil, fmt.Errorf("connection %d of %d to the peer at %s:%d: %w", opened+1, count, peer.Address, peer.Port, err)
	}
	address := &net.TCPAddr{IP: net.ParseIP(peer.Address), Port: peer.Port}
	if address.IP == nil {
		return fail(errors.New("its address is not one of the Internet protocol"))
	}
	fromEach := ephemeralPorts() * 3 / 8
	usedUp := 0
	for len(connections) < count {
		source := len(connections)/fromEach + usedUp
		stream, err := dial(address, source)
		if errors.Is(err, syscall.EADDRNOTAVAIL) && source+1 < mostSources {
			usedUp++
			continue
		}
		if err != nil {
			return fail(err)
		}
		connections = append(connections, newConnection(stream, bytes))
	}
	return connections, nil
}

func dial(peer *net.TCPAddr, source int) (net.Conn, error) {
	var dialer net.Dialer
	if source > 0 && peer.IP.IsLoopback() {
		dialer.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+source))}
		dialer.Control = func(_, _ string, raw syscall.RawConn) error {
			return raw.Control(func(descriptor uintptr) {
				_ = syscall.SetsockoptInt(int(descriptor), syscall.IPPROTO_IP, ipBindAddressNoPort, 1)
			})
		}
	}
	stream, err := dialer.Dial("tcp", peer.String())
	if err != nil {
		return nil, err
	}
	// Nagle's algorithm is off already. Closing resets the connection, which would otherwise hold its port for a minute.
	return stream, stream.(*net.TCPConn).SetLinger(0)
}

func closeAll(connections []Connection) {
	for i := range connections {
		connections[i].stream.Close()
	}
}

func ephemeralPorts() int {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	ends := strings.Fields(string(text))
	if err != nil || len(ends) != 2 {
		return usualPorts
	}
	first, firstErr := strconv.Atoi(ends[0])
	last, lastErr := strconv.Atoi(ends[1])
	if firstErr != nil || lastErr != nil || last-first < mostSources {
		return usualPorts
	}
	return last - first + 1
}
