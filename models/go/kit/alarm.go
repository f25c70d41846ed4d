package kit

import (
	"os"
	"syscall"
	"unsafe"
)

// An alarm wakes a goroutine at an instant of the kernel's clock: Go's own timers are late by up to 1 ms. It is a descriptor
// in Go's poller, so that whoever waits for it keeps no P, which tasks need, as a thread that sleeps in a system call would.
type alarm struct {
	file    *os.File
	raw     syscall.RawConn
	instant int64
	failure error
}

func newAlarm() (*alarm, error) {
	const clockMonotonic = 1
	descriptor, _, failed := syscall.RawSyscall(syscall.SYS_TIMERFD_CREATE, clockMonotonic,
		syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if failed != 0 {
		return nil, os.NewSyscallError("timerfd_create", failed)
	}
	file := os.NewFile(descriptor, "alarm")
	raw, err := file.SyscallConn()
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return &alarm{file: file, raw: raw}, nil
}

func (a *alarm) close() { _ = a.file.Close() }

// Blocks until then. By one goroutine at a time.
func (a *alarm) wait(until int64) error {
	if now() >= until {
		return nil
	}
	a.instant = until
	if err := a.raw.Read(a.isDue); err != nil {
		return err
	}
	return a.failure
}

// Called before each wait of the poller's, and after it. The descriptor is never read: each time that it is set it tells
// the poller anew. It is set again where Go's reading of the clock is behind the kernel's.
func (a *alarm) isDue(descriptor uintptr) bool {
	if now() >= a.instant {
		return true
	}
	const absolute = 1
	setting := struct{ interval, value syscall.Timespec }{value: syscall.NsecToTimespec(a.instant)}
	_, _, failed := syscall.RawSyscall6(syscall.SYS_TIMERFD_SETTIME, descriptor, absolute,
		uintptr(unsafe.Pointer(&setting)), 0, 0, 0)
	if failed != 0 {
		a.failure = os.NewSyscallError("timerfd_settime", failed)
	}
	return a.failure != nil
}
