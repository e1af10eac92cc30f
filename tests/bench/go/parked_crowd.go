package main

import (
	"sync"
	"time"
)

// Many goroutines that wait at four different places, as a server's would.

//go:noinline
func waitFor(block chan int) { <-block }

//go:noinline
func readRequest(block chan int) { waitFor(block) }

//go:noinline
func serve(block chan int) { readRequest(block) }

//go:noinline
func takeJob(block chan int) { waitFor(block) }

//go:noinline
func nextJob(block chan int) { takeJob(block) }

//go:noinline
func workOn(block chan int) { nextJob(block) }

//go:noinline
func poll(block chan int) { waitFor(block) }

//go:noinline
func watchOnce(block chan int) { poll(block) }

//go:noinline
func watch(block chan int) { watchOnce(block) }

//go:noinline
func lockPage(block chan int) { waitFor(block) }

//go:noinline
func flushPage(block chan int) { lockPage(block) }

//go:noinline
func flushAll(block chan int) { flushPage(block) }

//go:noinline
func flush(block chan int) { flushAll(block) }

type parkedCrowd struct {
	block       chan int
	ready, done sync.WaitGroup
}

// newParkedCrowd starts count goroutines and returns when they wait.
func newParkedCrowd(count int) *parkedCrowd {
	crowd := &parkedCrowd{block: make(chan int)}
	sites := [4]func(chan int){serve, workOn, watch, flush}
	crowd.ready.Add(count)
	crowd.done.Add(count)
	for i := 0; i < count; i++ {
		wait := sites[i%4]
		go func() {
			crowd.ready.Done()
			wait(crowd.block)
			crowd.done.Done()
		}()
	}
	crowd.ready.Wait()
	// The last of them are about to wait.
	time.Sleep(10 * time.Millisecond)
	return crowd
}

// release lets them go.
func (crowd *parkedCrowd) release() {
	close(crowd.block)
	crowd.done.Wait()
}
