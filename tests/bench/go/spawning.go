package main

import (
	"runtime"
	"sync"
	"time"
)

// Starting, ending, yielding, sleeping and parking.

func spawnAndJoin(count int) {
	var done sync.WaitGroup
	done.Add(count)
	for i := 0; i < count; i++ {
		go func() { done.Done() }()
	}
	done.Wait()
}

func spawnJoin(s size) result {
	batches := s.batches(1)
	return result{perOp: nsPerOp(batches*s.count, func() {
		for b := 0; b < batches; b++ {
			spawnAndJoin(s.count)
		}
	})}
}

func link(left int, last chan int) {
	if left == 0 {
		last <- 1
		return
	}
	go func() { link(left-1, last) }()
}

func spawnChain(s size) result {
	return result{perOp: nsPerOp(s.count, func() {
		last := make(chan int)
		link(s.count, last)
		<-last
	})}
}

func yield(s size) result {
	each := s.batches(10)
	return result{perOp: nsPerOp(each*s.count, func() {
		var done sync.WaitGroup
		done.Add(s.count)
		for i := 0; i < s.count; i++ {
			go func() {
				for k := 0; k < each; k++ {
					runtime.Gosched()
				}
				done.Done()
			}()
		}
		done.Wait()
	})}
}

func sleepAll(count int) {
	var done sync.WaitGroup
	done.Add(count)
	for i := 0; i < count; i++ {
		go func() {
			time.Sleep(time.Millisecond)
			done.Done()
		}()
	}
	done.Wait()
}

func sleep(s size) result {
	batches := s.batches(1)
	return result{perOp: nsPerOp(batches*s.count, func() {
		for b := 0; b < batches; b++ {
			sleepAll(s.count)
		}
	})}
}

func parkAll(count int) {
	block := make(chan int)
	var ready, done sync.WaitGroup
	ready.Add(count)
	done.Add(count)
	for i := 0; i < count; i++ {
		go func() {
			ready.Done()
			<-block
			done.Done()
		}()
	}
	ready.Wait()
	close(block)
	done.Wait()
}

func park(s size) result {
	batches := s.batches(1)
	return result{perOp: nsPerOp(batches*s.count, func() {
		for b := 0; b < batches; b++ {
			parkAll(s.count)
		}
	})}
}

func spawningWorks() []work {
	return []work{
		{"spawn_join", "ns", size{1_000_000, 1_000_000}, spawnJoin, true},
		{"spawn_chain", "ns", size{1_000_000, 1_000_000}, spawnChain, true},
		{"yield", "ns", size{100, 2_000_000}, yield, true},
		{"sleep", "ns", size{100_000, 100_000}, sleep, true},
		{"park", "ns", size{100_000, 100_000}, park, true},
	}
}
