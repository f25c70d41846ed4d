package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
)

const headerBytes = 32

// A goroutine for each request, which starts that of the next one on its connection.
func (p *program) io() error {
	connections := make([]net.Conn, p.concurrency)
	for i := range connections {
		connection, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", p.port))
		if err != nil {
			return err
		}
		if err := connection.(*net.TCPConn).SetLinger(0); err != nil {
			return err
		}
		connections[i] = connection
	}
	failed := make(chan error, p.concurrency)
	var request func(scheduled int64, connection net.Conn, frame []byte, number uint64, running *sync.WaitGroup)
	request = func(scheduled int64, connection net.Conn, frame []byte, number uint64, running *sync.WaitGroup) {
		started := p.now()
		if err := p.ask(connection, frame, number); err != nil {
			failed <- err
			running.Done()
			return
		}
		finished, goesOn := p.finish(scheduled, started)
		if !goesOn {
			running.Done()
			return
		}
		go request(finished, connection, frame, number+1, running)
	}
	p.during(func(running *sync.WaitGroup) {
		for i := range connections {
			go request(p.now(), connections[i], make([]byte, headerBytes+p.bytes), 1, running)
		}
	})
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// In the byte order of the machines that this is run on.
func (p *program) ask(connection net.Conn, frame []byte, number uint64) error {
	binary.LittleEndian.PutUint32(frame[0:], 0x63626e63)
	binary.LittleEndian.PutUint32(frame[4:], uint32(p.bytes))
	binary.LittleEndian.PutUint64(frame[8:], uint64(p.delay))
	binary.LittleEndian.PutUint64(frame[16:], number)
	binary.LittleEndian.PutUint64(frame[24:], 0)
	if _, err := connection.Write(frame); err != nil {
		return err
	}
	if _, err := io.ReadFull(connection, frame); err != nil {
		return err
	}
	if binary.LittleEndian.Uint64(frame[16:]) != number || binary.LittleEndian.Uint64(frame[24:]) != ^number {
		return fmt.Errorf("a reply to another frame")
	}
	return nil
}
