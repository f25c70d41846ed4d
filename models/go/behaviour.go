//go:build go1.23

// go.mod names the oldest version that will do, and by that line alone a newer one behaves as Go 1.20 did: the channels
// of timers have buffers, for one. Versions before 1.23 know no such default and would not compile this.
//
//go:debug default=go1.23
package main
