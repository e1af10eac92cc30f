package main

import (
	"context"
	"sync"
)

// Passing values, and choosing between channels.

const capacity = 128

// Where sums go, so that no value received is for nothing.
var sink int

func pingPong(s size) result {
	ping, pong := make(chan int), make(chan int)
	return result{perOp: nsPerOp(s.count, func() {
		go func() {
			for i := 0; i < s.count; i++ {
				pong <- <-ping
			}
		}()
		for i := 0; i < s.count; i++ {
			ping <- i
			<-pong
		}
	})}
}

func buffered(s size) result {
	c := make(chan int, capacity)
	return result{perOp: nsPerOp(s.count, func() {
		go func() {
			for i := 0; i < s.count; i++ {
				c <- i
			}
			close(c)
		}()
		sum := 0
		for value := range c {
			sum += value
		}
		sink = sum
	})}
}

func bufferedByFour(s size) result {
	const sides = 4
	c := make(chan int, capacity)
	each := (s.count + sides - 1) / sides
	var sums [sides]int
	ns := nsPerOp(each*sides, func() {
		var producers, consumers sync.WaitGroup
		producers.Add(sides)
		consumers.Add(sides)
		for k := 0; k < sides; k++ {
			go func() {
				for i := 0; i < each; i++ {
					c <- i
				}
				producers.Done()
			}()
			go func(k int) {
				sum := 0
				for value := range c {
					sum += value
				}
				sums[k] = sum
				consumers.Done()
			}(k)
		}
		producers.Wait()
		close(c)
		consumers.Wait()
	})
	sink = sums[0]
	return result{perOp: ns}
}

func selectOfTwo(s size) result {
	a, b := make(chan int), make(chan int)
	pairs := (s.count + 1) / 2
	return result{perOp: nsPerOp(2*pairs, func() {
		go func() {
			for i := 0; i < pairs; i++ {
				a <- i
				b <- i
			}
		}()
		sum := 0
		for i := 0; i < 2*pairs; i++ {
			select {
			case value := <-a:
				sum += value
			case value := <-b:
				sum += value
			}
		}
		sink = sum
	})}
}

func selectDefault(s size) result {
	ctx, cancel := context.WithCancel(context.Background())
	ns := nsPerOp(s.count, func() {
		cancelled := 0
		for i := 0; i < s.count; i++ {
			select {
			case <-ctx.Done():
				cancelled++
			default:
			}
		}
		sink = cancelled
	})
	cancel()
	return result{perOp: ns}
}

// A token goes from the caller through count goroutines and back. What is timed are whole
// revolutions, after a first one by which everybody has started.
func ring(s size) result {
	revolutions := s.batches(3)
	chans := make([]chan int, s.count+1)
	for i := range chans {
		chans[i] = make(chan int)
	}
	for i := 0; i < s.count; i++ {
		go func(from, to chan int) {
			for token := range from {
				to <- token
			}
			close(to)
		}(chans[i], chans[i+1])
	}
	out, back := chans[0], chans[s.count]
	out <- 0
	<-back
	ns := nsPerOp(revolutions, func() {
		for i := 0; i < revolutions; i++ {
			out <- i
			<-back
		}
	})
	close(out)
	<-back
	return result{perOp: ns}
}

func channelWorks() []work {
	return []work{
		{"pingpong", "ns", size{1_000_000, 1_000_000}, pingPong, true},
		{"buf_1p1c", "ns", size{5_000_000, 5_000_000}, buffered, true},
		{"buf_4p4c", "ns", size{4_000_000, 4_000_000}, bufferedByFour, true},
		{"select2", "ns", size{1_000_000, 1_000_000}, selectOfTwo, true},
		{"select_default", "ns", size{20_000_000, 20_000_000}, selectDefault, true},
		{"ring", "ns", size{1000, 2_000_000}, ring, true},
	}
}
