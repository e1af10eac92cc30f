package main

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// kibOf returns the value of a line "KEY   VALUE kB" of a file in /proc.
func kibOf(path, key string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		fail("%v", err)
	}
	words := strings.Fields(string(text))
	for i, word := range words {
		if word == key {
			kib, err := strconv.Atoi(words[i+1])
			if err != nil {
				fail("%v", err)
			}
			return kib
		}
	}
	return 0
}

// residentBytes is what the process keeps in memory now: its resident pages and its page tables.
func residentBytes() int {
	// VmRSS is only an estimate, which the kernel corrects in batches; this walks the page tables.
	return 1024 * (kibOf("/proc/self/smaps_rollup", "Rss:") + kibOf("/proc/self/status", "VmPTE:"))
}

// What a parked goroutine keeps in memory, and how long it takes until it is parked.
func bytesParked(s size) result {
	before := residentBytes()
	begin := time.Now()
	block := make(chan int)
	var ready, done sync.WaitGroup
	ready.Add(s.count)
	done.Add(s.count)
	for i := 0; i < s.count; i++ {
		go func() {
			ready.Done()
			<-block
			done.Done()
		}()
	}
	ready.Wait()
	took := time.Since(begin)
	after := residentBytes()
	close(block)
	done.Wait()
	return result{
		perOp: float64(after-before) / float64(s.count),
		also:  map[string]int{"ns_to_park": int(took.Nanoseconds()) / s.count},
	}
}

func memoryWorks() []work {
	return []work{{"bytes_parked", "bytes", size{1_000_000, 1_000_000}, bytesParked, false}}
}
