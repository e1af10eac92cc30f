// What a container of the runtime's own does inside, kept from ThreadSanitizer's view.
//
// A lock that guards many entries orders all that use it, for TSan too. Where less is promised, say
// that only those who use the same entry are ordered, races through the others would be hidden. So
// the lock and what is done under it are not seen, and the promised edges are told.
#ifndef MUSTER_UNSEEN_H_
#define MUSTER_UNSEEN_H_

#include <cstddef>

#if defined(__SANITIZE_THREAD__)
#define MUSTER_UNSEEN_MATTERS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MUSTER_UNSEEN_MATTERS 1
#endif
#endif

#ifdef MUSTER_UNSEEN_MATTERS

extern "C" {
void AnnotateIgnoreSyncBegin(const char* file, int line);
void AnnotateIgnoreSyncEnd(const char* file, int line);
void __tsan_ignore_thread_begin();
void __tsan_ignore_thread_end();
void __tsan_acquire(void* address);
void __tsan_release(void* address);
}

namespace muster::internal {

// While it lives, TSan sees neither the caller's accesses nor its locks. The caller may wait.
class UnseenScope {
 public:
  UnseenScope() { Begin(); }
  ~UnseenScope() { End(); }
  UnseenScope(const UnseenScope&) = delete;
  UnseenScope& operator=(const UnseenScope&) = delete;

  // Release: what the caller has done happens before what others do after a later Acquire of the
  // same edge.
  void Release(void* edge) {
    End();
    __tsan_release(edge);
    Begin();
  }
  void Acquire(void* edge) {
    End();
    __tsan_acquire(edge);
    Begin();
  }

 private:
  static void Begin() {
    AnnotateIgnoreSyncBegin(__FILE__, __LINE__);
    __tsan_ignore_thread_begin();
  }
  static void End() {
    __tsan_ignore_thread_end();
    AnnotateIgnoreSyncEnd(__FILE__, __LINE__);
  }
};

// Edges for entries that are known by a hash. Those that share one are ordered without need: one in
// kCount.
class UnseenEdges {
 public:
  static constexpr size_t kCount = 256;
  void* Of(size_t hash) { return &edges_[hash % kCount]; }

 private:
  char edges_[kCount] = {};
};

}  // namespace muster::internal

#else

namespace muster::internal {

class UnseenScope {
 public:
  UnseenScope() {}
  ~UnseenScope() {}
  UnseenScope(const UnseenScope&) = delete;
  UnseenScope& operator=(const UnseenScope&) = delete;
  void Release(void* /*edge*/) {}
  void Acquire(void* /*edge*/) {}
};

class UnseenEdges {
 public:
  static constexpr size_t kCount = 0;
  void* Of(size_t /*hash*/) { return nullptr; }
};

}  // namespace muster::internal

#endif

#undef MUSTER_UNSEEN_MATTERS

#endif  // MUSTER_UNSEEN_H_
