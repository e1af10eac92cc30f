// Events carry callbacks one way and callbacks come back the other, both without a buffer.
#include <memory>
#include <optional>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct MultiRaft {
  using Callback = void (*)(MultiRaft&);
  Chan<Callback> events;
  Chan<Callback> callbacks = MakeChan<Callback>();
  Chan<Unit> stop = MakeChan<Unit>();
  int answered = 0;  // the state loop's

  explicit MultiRaft(size_t buffer) : events(MakeChan<Callback>(buffer)) {}
};

constexpr int kEvents = 200;

void NoteAnswer(MultiRaft& raft) { ++raft.answered; }

void SendAnswer(MultiRaft& raft) { Select(OnSend(raft.callbacks, &NoteAnswer), OnRecv(raft.stop)); }

// The store: handles events; each sends something back.
void ProcessRaft(const std::shared_ptr<MultiRaft>& raft) {
  for (bool stopped = false; !stopped;) {
    Select(OnRecv(raft->events, [&](std::optional<MultiRaft::Callback> event) { (*event)(*raft); }),
           OnRecv(raft->stop, [&] { stopped = true; }));
  }
}

// The state loop: raises events, runs what comes back.
void Start(const std::shared_ptr<MultiRaft>& raft) {
  for (int raised = 0; raft->answered < kEvents;) {
    Select(OnRecv(raft->callbacks,
                  [&](std::optional<MultiRaft::Callback> callback) { (*callback)(*raft); }),
           OnDefault([&] {
             if (raised == kEvents) {
               runtime::Gosched();
               return;
             }
             ++raised;
             Select(OnSend(raft->events, &SendAnswer), OnRecv(raft->stop));
           }));
  }
  raft->stop.Close();
}

KERNEL(cockroach_2448, "Channel", "PART LEAK") {
  // The repair queues events: there is room for all.
  auto raft = std::make_shared<MultiRaft>(buggy ? 0 : kEvents);
  Go([raft] { ProcessRaft(raft); });
  Go([raft] { Start(raft); });
}

}  // namespace
}  // namespace goker
