#include "outbox.h"

#include <catch2/catch.hpp>
#include <vector>

using namespace parking_lot;

namespace {

std::vector<int> drain(Outbox<int>& outbox) {
  std::vector<int> effects;
  while (const auto effect = outbox.pop()) effects.push_back(*effect);
  return effects;
}

}  // namespace

TEST_CASE("an effect that rests on nothing comes at once and in order") {
  Outbox<int> outbox(1);
  outbox.push(1);
  outbox.push(2);
  CHECK(drain(outbox) == std::vector<int>{1, 2});
  CHECK(drain(outbox).empty());
}

TEST_CASE("a held effect comes when its record is durable and not before") {
  Outbox<int> outbox(2);
  outbox.push_after(0, 5, 50);
  outbox.push_after(1, 5, 51);
  outbox.release(0, 4);
  CHECK(drain(outbox).empty());
  outbox.release(0, 5);
  CHECK(drain(outbox) == std::vector<int>{50});
  outbox.release(1, 9);
  CHECK(drain(outbox) == std::vector<int>{51});
}

TEST_CASE(
    "held effects come in the order of their records, and those of one record in the order they were given") {
  Outbox<int> outbox(1);
  outbox.push_after(0, 7, 70);
  outbox.push_after(0, 3, 30);
  outbox.push_after(0, 7, 71);
  outbox.push_after(0, 3, 31);
  outbox.release(0, 10);
  CHECK(drain(outbox) == std::vector<int>{30, 31, 70, 71});
}

TEST_CASE("withdrawn effects never come and the others keep their order") {
  Outbox<int> outbox(1);
  for (int i = 0; i < 6; ++i) outbox.push_after(0, static_cast<std::uint64_t>(i), i);
  outbox.withdraw(0, [](int effect) { return effect % 2 == 1; });
  outbox.release(0, 10);
  CHECK(drain(outbox) == std::vector<int>{0, 2, 4});
}

TEST_CASE("the body of an effect lives until the next handle after it was yielded") {
  Outbox<int> outbox(1);
  auto body = std::make_shared<const int>(1);
  const std::weak_ptr<const int> watched = body;
  outbox.push_after(0, 1, 10, std::move(body));
  outbox.begin();
  outbox.begin();
  CHECK_FALSE(watched.expired());
  outbox.release(0, 1);
  CHECK(drain(outbox) == std::vector<int>{10});
  CHECK_FALSE(watched.expired());
  outbox.begin();
  CHECK(watched.expired());
}
