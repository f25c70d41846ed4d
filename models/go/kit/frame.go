package kit

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
	"unsafe"
)

const (
	headerBytes = 32
	mostBytes   = 65_536
	magic       = 0x63626e63
	// What a connection keeps for frames. Larger ones take further memory while they are sent and received, not while
	// they are waited for: that of 10,000 frames of 64 KiB would be 655 MB.
	keptBytes = 4096
)

// The byte order of the machine, in which frames are.
var native = func() binary.ByteOrder {
	one := uint16(1)
	if *(*byte)(unsafe.Pointer(&one)) == 1 {
		return binary.LittleEndian
	}
	return binary.BigEndian
}()

// What every frame carries after its header, of which a frame sends the first bytes, and what its reply must carry.
var payload = func() (payload [mostBytes]byte) {
	for i := range payload {
		payload[i] = byte(i*7 + i/251)
	}
	return
}()

// Connection is one connection to the peer, on which one frame is under way at a time.
type Connection struct {
	stream net.Conn
	buffer []byte // a header, and the payload where it is kept: a reply that is right leaves it as it is
	number uint64 // of the frame sent last
}

func newConnection(stream net.Conn, size uint64) Connection {
	if headerBytes+size > keptBytes {
		size = 0
	}
	buffer := make([]byte, headerBytes+size)
	copy(buffer[headerBytes:], payload[:])
	return Connection{stream: stream, buffer: buffer}
}

// Sends a frame with so many bytes of payload, blocks the goroutine until the reply is there, and returns what it folds.
func (c *Connection) exchange(size uint64, delay time.Duration) (uint64, error) {
	c.number++
	if headerBytes+int(size) <= len(c.buffer) {
		frame := c.buffer[:headerBytes+int(size)]
		sent, err := c.send(frame, size, delay)
		if err == nil {
			_, err = io.ReadFull(c.stream, frame)
		}
		if err != nil {
			return 0, lost(err)
		}
		return c.check(frame[headerBytes:], delay, now()-sent)
	}
	sent, err := c.sendLarge(size, delay)
	if err == nil {
		_, err = io.ReadFull(c.stream, c.buffer[:headerBytes])
	}
	if err != nil {
		return 0, lost(err)
	}
	return c.checkLarge(size, delay, sent)
}

// Each has the payload, and is put back with it.
var largeFrames = sync.Pool{New: func() any {
	frame := new([headerBytes + mostBytes]byte)
	copy(frame[headerBytes:], payload[:])
	return frame
}}

func (c *Connection) sendLarge(size uint64, delay time.Duration) (int64, error) {
	frame := largeFrames.Get().(*[headerBytes + mostBytes]byte)
	defer largeFrames.Put(frame)
	return c.send(frame[:headerBytes+size], size, delay)
}

// Receives the payload of a reply, whose header is there.
func (c *Connection) checkLarge(size uint64, delay time.Duration, sent int64) (uint64, error) {
	frame := largeFrames.Get().(*[headerBytes + mostBytes]byte)
	got := frame[headerBytes : headerBytes+size]
	if _, err := io.ReadFull(c.stream, got); err != nil {
		return 0, lost(err)
	}
	value, err := c.check(got, delay, now()-sent)
	if err == nil {
		largeFrames.Put(frame)
	}
	return value, err
}

// Returns when it was sent.
func (c *Connection) send(frame []byte, size uint64, delay time.Duration) (int64, error) {
	native.PutUint32(frame[0:], magic)
	native.PutUint32(frame[4:], uint32(size))
	native.PutUint64(frame[8:], uint64(delay))
	native.PutUint64(frame[16:], c.number)
	native.PutUint64(frame[24:], 0)
	sent := now()
	_, err := c.stream.Write(frame)
	return sent, err
}

// Of a reply whose header is in the buffer: what it folds.
func (c *Connection) check(got []byte, delay time.Duration, took int64) (uint64, error) {
	reply := c.buffer
	gotBytes, gotDelay := uint64(native.Uint32(reply[4:])), native.Uint64(reply[8:])
	if native.Uint32(reply) != magic || gotBytes != uint64(len(got)) || gotDelay != uint64(delay) ||
		native.Uint64(reply[16:]) != c.number || native.Uint64(reply[24:]) != ^c.number {
		return 0, errors.New("wrong reply from the peer: it is not the one that was asked for")
	}
	if !bytes.Equal(got, payload[:len(got)]) {
		return 0, errors.New("wrong reply from the peer: its payload is damaged")
	}
	// Of two instants of Go's clock, which runs as the one that the peer waits by: there is nothing to forgive.
	if took < int64(delay) {
		return 0, fmt.Errorf("wrong reply from the peer: it came early, after %v instead of %v", time.Duration(took), delay)
	}
	return fold(gotBytes, gotDelay), nil
}

func lost(err error) error { return fmt.Errorf("a connection to the peer is lost: %w", err) }
