// Edges: programs of two accesses to one variable, which something orders or nothing does.
//
// A case is run by a child process of its own, whose exit status is TSan's. FirstTouch() and
// SecondTouch() are the accesses. A case that `races` must be reported, whatever the schedule:
// nothing but the scheduler orders its accesses. The others must not be: one primitive orders them.
//
// Reach() and Await() bring about the order in time that a case needs. They are relaxed atomics and
// Gosched, which make no edge, neither for the C++ memory model nor for TSan.
#ifndef TESTS_RUNTIME_TSAN_EDGES_H_
#define TESTS_RUNTIME_TSAN_EDGES_H_

#include <span>

namespace edges {

struct Case {
  const char* name;
  bool races;
  void (*run)();  // in the main goroutine
};

std::span<const Case> SpawnCases();
std::span<const Case> ChanCases();
std::span<const Case> SelectCases();
std::span<const Case> LockCases();
std::span<const Case> SyncCases();
std::span<const Case> TimeCases();
std::span<const Case> ThreadCases();
std::span<const Case> NetCases();
std::span<const Case> LoadCases();

// Every case of all groups, by group.
std::span<const std::span<const Case>> AllCases();

void FirstTouch();
void SecondTouch();
void Reach(int step);
void Await(int step);
// Lets whoever is about to park do so.
void Settle();

}  // namespace edges

#endif  // TESTS_RUNTIME_TSAN_EDGES_H_
