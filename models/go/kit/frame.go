package kit

import (
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

// Connection is one connection to the peer, on which one frame is under way at a time.
type Connection struct {
	stream net.Conn
	buffer []byte
	number uint64 // of the frame sent last
}

func newConnection(stream net.Conn, bytes uint64) Connection {
	size := headerBytes + int(bytes)
	if size > keptBytes {
		size = headerBytes
	}
	return Connection{stream: stream, buffer: make([]byte, size)}
}

// Sends a frame, blocks the goroutine until the reply is there, and returns what it folds.
func (c *Connection) exchange(bytes uint64, delay time.Duration) (uint64, error) {
	c.number++
	if headerBytes+int(bytes) <= len(c.buffer) {
		frame := c.buffer[:headerBytes+int(bytes)]
		sent, err := c.send(frame, bytes, delay)
		if err == nil {
			_, err = io.ReadFull(c.stream, frame)
		}
		if err != nil {
			return 0, lost(err)
		}
		return c.check(bytes, delay, now()-sent)
	}
	sent, err := c.sendLarge(bytes, delay)
	if err == nil {
		_, err = io.ReadFull(c.stream, c.buffer)
	}
	if err == nil {
		err = c.skip(bytes)
	}
	if err != nil {
		return 0, lost(err)
	}
	return c.check(bytes, delay, now()-sent)
}

var largeFrames = sync.Pool{New: func() any { return new([headerBytes + mostBytes]byte) }}

func (c *Connection) sendLarge(bytes uint64, delay time.Duration) (int64, error) {
	frame := largeFrames.Get().(*[headerBytes + mostBytes]byte)
	defer largeFrames.Put(frame)
	return c.send(frame[:headerBytes+bytes], bytes, delay)
}

// Receives so many bytes of payload, which nobody looks at.
func (c *Connection) skip(bytes uint64) error {
	frame := largeFrames.Get().(*[headerBytes + mostBytes]byte)
	defer largeFrames.Put(frame)
	_, err := io.ReadFull(c.stream, frame[:bytes])
	return err
}

// Returns when it was sent.
func (c *Connection) send(frame []byte, bytes uint64, delay time.Duration) (int64, error) {
	native.PutUint32(frame[0:], magic)
	native.PutUint32(frame[4:], uint32(bytes))
	native.PutUint64(frame[8:], uint64(delay))
	native.PutUint64(frame[16:], c.number)
	native.PutUint64(frame[24:], 0)
	sent := now()
	_, err := c.stream.Write(frame)
	return sent, err
}

func (c *Connection) check(bytes uint64, delay time.Duration, took int64) (uint64, error) {
	reply := c.buffer
	gotBytes, gotDelay := uint64(native.Uint32(reply[4:])), native.Uint64(reply[8:])
	if native.Uint32(reply) != magic || gotBytes != bytes || gotDelay != uint64(delay) ||
		native.Uint64(reply[16:]) != c.number || native.Uint64(reply[24:]) != ^c.number {
		return 0, errors.New("wrong reply from the peer: it is not the one that was asked for")
	}
	// Of two instants of Go's clock, which runs as the one that the peer waits by: there is nothing to forgive.
	if took < int64(delay) {
		return 0, fmt.Errorf("wrong reply from the peer: it came early, after %v instead of %v", time.Duration(took), delay)
	}
	return fold(gotBytes, gotDelay), nil
}

func lost(err error) error { return fmt.Errorf("a connection to the peer is lost: %w", err) }
