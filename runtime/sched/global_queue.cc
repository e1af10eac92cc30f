#include "runtime/sched/global_queue.h"

namespace muster::sched {

GlobalQueue::~GlobalQueue() {
  Delete(first_);
  Delete(spare_);
}

void GlobalQueue::Delete(Block* chain) {
  while (chain != nullptr) {
    Block* const block = chain;
    chain = block->next;
    delete block;
  }
}

GlobalQueue::Block* GlobalQueue::NewBlock() {
  Block* block = spare_;
  if (block == nullptr) return new Block;
  spare_ = block->next;
  block->next = nullptr;
  return block;
}

void GlobalQueue::Push(G* g) {
  if (last_ == nullptr) {
    first_ = last_ = NewBlock();
    first_used_ = last_used_ = 0;
  } else if (last_used_ == Block::kSize) {
    last_->next = NewBlock();
    last_ = last_->next;
    last_used_ = 0;
  }
  last_->goroutines[last_used_++] = g;
}

G* GlobalQueue::Pop() {
  if (first_ == nullptr || (first_ == last_ && first_used_ == last_used_)) return nullptr;
  G* const g = first_->goroutines[first_used_++];
  if (first_used_ == Block::kSize && first_ != last_) {
    Block* const empty = first_;
    first_ = empty->next;
    first_used_ = 0;
    empty->next = spare_;
    spare_ = empty;
  } else if (first_ == last_ && first_used_ == last_used_) {
    first_used_ = last_used_ = 0;
  }
  return g;
}

}  // namespace muster::sched
