package main

import (
	"sync"
	"syscall"
)

// Mutual exclusion, with and without somebody else wanting the lock; and calls that may block.

func uncontended(s size) result {
	var mutex sync.Mutex
	return result{perOp: nsPerOp(s.count, func() {
		counter := 0
		for i := 0; i < s.count; i++ {
			mutex.Lock()
			counter++
			mutex.Unlock()
		}
		sink = counter
	})}
}

func contendedByEight(s size) result {
	const rivals = 8
	each := (s.count + rivals - 1) / rivals
	var mutex sync.Mutex
	counter := 0
	ns := nsPerOp(each*rivals, func() {
		var done sync.WaitGroup
		done.Add(rivals)
		for k := 0; k < rivals; k++ {
			go func() {
				for i := 0; i < each; i++ {
					mutex.Lock()
					counter++
					mutex.Unlock()
				}
				done.Done()
			}()
		}
		done.Wait()
	})
	sink = counter
	return result{perOp: ns}
}

// A system call that does nothing. (os.Getppid is known to Go not to block, and gives up no P.)
func blockingCall(s size) result {
	return result{perOp: nsPerOp(s.count, func() {
		for i := 0; i < s.count; i++ {
			parent, _, _ := syscall.Syscall(syscall.SYS_GETPPID, 0, 0, 0)
			sink = int(parent)
		}
	})}
}

func lockWorks() []work {
	return []work{
		{"mutex", "ns", size{20_000_000, 20_000_000}, uncontended, true},
		{"mutex_8", "ns", size{8_000_000, 8_000_000}, contendedByEight, true},
		{"blocking", "ns", size{5_000_000, 5_000_000}, blockingCall, true},
	}
}
