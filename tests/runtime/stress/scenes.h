// Scenes: small programs that each check that nothing is lost, doubled or out of order. A scene
// returns when everything that it has started has ended.
#ifndef TESTS_RUNTIME_STRESS_SCENES_H_
#define TESTS_RUNTIME_STRESS_SCENES_H_

#include <atomic>
#include <cstdint>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace stress {

// Failures, collected from goroutines and threads. Holding the lock, nobody parks.
class Verdict {
 public:
  void Check(bool good, const std::string& what) {
    if (good) return;
    const std::lock_guard lock(mutex_);
    if (failures_.size() < 20) failures_.push_back(what);
  }
  template <typename A, typename B>
  void Equal(const A& got, const B& want, const char* what) {
    if (got == want) return;
    Check(false,
          std::string(what) + ": got " + std::to_string(got) + ", want " + std::to_string(want));
  }
  std::vector<std::string> Failures() {
    const std::lock_guard lock(mutex_);
    return failures_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> failures_;
};

struct Random {
  std::minstd_rand engine;
  // From 0 to `limit`-1.
  int Below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(engine); }
};

using Scene = void (*)(Random& random, Verdict& verdict);

void ProducersAndConsumers(Random& random, Verdict& verdict);
void SelectDrainsTwoChannels(Random& random, Verdict& verdict);
void SelectSendsAndReceives(Random& random, Verdict& verdict);
void TransfersUnderMutexes(Random& random, Verdict& verdict);
void LedgerUnderRWMutex(Random& random, Verdict& verdict);
void BufferWithConds(Random& random, Verdict& verdict);
void OnceIsOnce(Random& random, Verdict& verdict);
void TimersFireOrStop(Random& random, Verdict& verdict);
void TickersAndSleepers(Random& random, Verdict& verdict);
void CancelledTree(Random& random, Verdict& verdict);
void TimedOutContexts(Random& random, Verdict& verdict);
void CaughtPanics(Random& random, Verdict& verdict);
void ParkedInCatchBlocks(Random& random, Verdict& verdict);
void ForeignThreads(Random& random, Verdict& verdict);
void DeepStacks(Random& random, Verdict& verdict);
void Families(Random& random, Verdict& verdict);

}  // namespace stress

#endif  // TESTS_RUNTIME_STRESS_SCENES_H_
