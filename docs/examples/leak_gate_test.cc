#include "gtest/gtest.h"
#include "muster/muster.h"

TEST(Worker, AnswersEveryJobAndEnds) {
  auto jobs = muster::MakeChan<int>();
  auto answers = muster::MakeChan<int>();
  muster::Go([=] {
    for (int job : jobs) answers.Send(2 * job);
  });

  jobs.Send(21);
  EXPECT_EQ(answers.Recv(), 42);

  jobs.Close();  // Without this line the worker would wait for ever, and the gate fail the test.
}
