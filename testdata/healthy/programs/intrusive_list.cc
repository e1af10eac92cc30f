// Links in the middle of objects: whoever walks them knows the offset.
#include <cstddef>
#include <memory>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

struct Link {
  Link* next = nullptr;
};
struct Job {
  int before[5] = {};
  Link link;
  Chan<int> done;
};
Link g_head;
Job* JobOf(Link* link) {
  return reinterpret_cast<Job*>(reinterpret_cast<char*>(link) - offsetof(Job, link));
}

HEALTHY(intrusive_list) {
  for (int i = 0; i < 10; ++i) {
    auto* job = new Job;
    job->done = MakeChan<int>();
    job->link.next = g_head.next;
    g_head.next = &job->link;
    Go([done = job->done] { done.Recv(); });
  }
  Look();
  while (g_head.next != nullptr) {
    Job* const job = JobOf(g_head.next);
    g_head.next = job->link.next;
    job->done.Close();
    delete job;
  }
}

}  // namespace
}  // namespace healthy
