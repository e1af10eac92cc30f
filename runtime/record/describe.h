// Describe: how a capture reads the primitives that goroutines wait on.
//
// Called while a goroutine that waits on (or holds) `address` is held by the capture, which keeps
// the primitive alive; it is not locked, so every field is read as an atomic, one by one.
#ifndef MUSTER_RECORD_DESCRIBE_H_
#define MUSTER_RECORD_DESCRIBE_H_

#include "muster/record.h"

namespace muster::record {

void DescribeChan(const void* address, Object* object);
void DescribeMutex(const void* address, Object* object);
void DescribeRWMutex(const void* address, Object* object);
void DescribeWaitGroup(const void* address, Object* object);
void DescribeOnce(const void* address, Object* object);
void DescribeSemaphore(const void* address, Object* object);
void DescribeFD(const void* address, Object* object);

}  // namespace muster::record

#endif  // MUSTER_RECORD_DESCRIBE_H_
