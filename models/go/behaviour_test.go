//go:build go1.23

package main

import (
	"testing"
	"time"
)

func TestANewerGoBehavesAsItselfThoughTheModuleNamesAnOldOne(t *testing.T) {
	if room := cap(time.NewTimer(time.Hour).C); room != 0 {
		t.Errorf("the channel of a timer has room for %d, as before Go 1.23", room)
	}
}
