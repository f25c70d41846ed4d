package kit

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// A peer that sends every frame back at once, changed by `change`. Returns where it listens.
func peerThat(t *testing.T, change func(frame []byte)) PeerSpec {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			stream, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				frame := make([]byte, headerBytes+mostBytes)
				for {
					if _, err := io.ReadFull(stream, frame[:headerBytes]); err != nil {
						return
					}
					bytes := native.Uint32(frame[4:])
					if _, err := io.ReadFull(stream, frame[headerBytes:headerBytes+bytes]); err != nil {
						return
					}
					time.Sleep(time.Duration(native.Uint64(frame[8:])))
					native.PutUint64(frame[24:], ^native.Uint64(frame[16:]))
					change(frame)
					stream.Write(frame[:headerBytes+bytes])
				}
			}()
		}
	}()
	return PeerSpec{"127.0.0.1", listener.Addr().(*net.TCPAddr).Port}
}

func one(t *testing.T, peer PeerSpec, bytes uint64) *Connection {
	t.Helper()
	connections, err := connect(peer, 1, bytes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeAll(connections) })
	return &connections[0]
}

func TestAFrameComesBackWhateverItsSize(t *testing.T) {
	connection := one(t, peerThat(t, func([]byte) {}), mostBytes)
	for _, bytes := range []uint64{0, 64, keptBytes - headerBytes, keptBytes, mostBytes, 1} {
		value, err := connection.exchange(bytes, time.Millisecond)
		if err != nil || value != fold(bytes, 1_000_000) {
			t.Errorf("%d bytes: %x, %v", bytes, value, err)
		}
	}
}

func TestAReplyThatWasNotAskedForIsAnError(t *testing.T) {
	for offset := 0; offset < headerBytes; offset++ {
		offset := offset
		if offset >= 4 && offset < 8 {
			continue // another length would be waited for
		}
		connection := one(t, peerThat(t, func(header []byte) { header[offset]++ }), 64)
		if _, err := connection.exchange(64, 0); err == nil || !strings.Contains(err.Error(), "asked for") {
			t.Errorf("byte %d is changed: %v", offset, err)
		}
	}
}

func TestAReplyWhosePayloadIsDamagedIsAnError(t *testing.T) {
	for _, bytes := range []uint64{1, 64, keptBytes - headerBytes, keptBytes, mostBytes} {
		for _, offset := range []uint64{0, bytes / 2, bytes - 1} {
			offset := offset
			connection := one(t, peerThat(t, func(frame []byte) { frame[headerBytes+offset] ^= 1 }), bytes)
			if _, err := connection.exchange(bytes, 0); err == nil || !strings.Contains(err.Error(), "damaged") {
				t.Errorf("byte %d of %d is changed: %v", offset, bytes, err)
			}
		}
	}
}

func TestAReplyBeforeItsDelayIsAnError(t *testing.T) {
	connection := one(t, peerThat(t, func(header []byte) { native.PutUint64(header[8:], uint64(time.Hour)) }), 64)
	connection.number = 1
	header := connection.buffer
	native.PutUint32(header, magic)
	native.PutUint32(header[4:], 64)
	native.PutUint64(header[8:], uint64(time.Second))
	native.PutUint64(header[16:], 1)
	native.PutUint64(header[24:], ^uint64(1))
	if _, err := connection.check(header[headerBytes:], time.Second, int64(time.Second)); err != nil {
		t.Error(err)
	}
	if _, err := connection.check(header[headerBytes:], time.Second, int64(time.Second)-1); err == nil || !strings.Contains(err.Error(), "early") {
		t.Error(err)
	}
}

func TestNobodyWhoListensIsAnErrorThatSaysWhere(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	if _, err := connect(PeerSpec{"127.0.0.1", port}, 3, 1); err == nil || !strings.Contains(err.Error(), "connection 1 of 3") {
		t.Error(err)
	}
}
