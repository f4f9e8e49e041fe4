#include "timer_heap.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <set>
#include <tuple>
#include <vector>

using namespace parking_lot;

namespace {

struct Places {
  std::vector<std::uint32_t>* of;
  std::uint32_t& operator()(std::uint32_t number) const { return (*of)[number]; }
};

}  // namespace

TEST_CASE("the least due time is on top and ties go by tie, then by number") {
  std::vector<std::uint32_t> places(8, no_timer);
  TimerHeap<Places> heap{Places{&places}};
  heap.arm(3, 50, 9);
  heap.arm(1, 50, 2);
  heap.arm(0, 50, 2);
  heap.arm(2, 70, 1);
  std::vector<std::uint32_t> order;
  while (!heap.empty()) {
    order.push_back(heap.top().number);
    heap.disarm(heap.top().number);
  }
  CHECK(order == std::vector<std::uint32_t>{0, 1, 3, 2});
}

TEST_CASE("arming again moves a timer and disarming twice is harmless") {
  std::vector<std::uint32_t> places(2, no_timer);
  TimerHeap<Places> heap{Places{&places}};
  heap.arm(0, 10, 0);
  heap.arm(1, 20, 0);
  heap.arm(0, 30, 0);
  CHECK(heap.entries().size() == 2);
  CHECK(heap.top().number == 1);
  heap.disarm(1);
  heap.disarm(1);
  CHECK(heap.top().due_ms == 30);
  CHECK(places[1] == no_timer);
}

TEST_CASE("after any history the timers fire in the order of a sorted set") {
  CHECK(rc::check([] {
    constexpr std::uint32_t count = 40;
    std::vector<std::uint32_t> places(count, no_timer);
    TimerHeap<Places> heap{Places{&places}};
    std::set<std::tuple<std::int64_t, std::uint64_t, std::uint32_t>> model;
    std::vector<std::int64_t> due(count, -1);
    const auto steps =
        *rc::gen::container<std::vector<std::uint32_t>>(400, rc::gen::arbitrary<std::uint32_t>());
    for (const std::uint32_t step : steps) {
      const std::uint32_t number = step % count;
      const std::uint64_t tie = number % 3;
      if (due[number] >= 0) model.erase({due[number], tie, number});
      due[number] = -1;
      if (step & 0x80000000) {
        heap.disarm(number);
      } else {
        due[number] = step >> 8 & 63;
        heap.arm(number, due[number], tie);
        model.insert({due[number], tie, number});
      }
      RC_ASSERT(heap.empty() == model.empty());
      if (!model.empty()) RC_ASSERT(heap.top().number == std::get<2>(*model.begin()));
    }
    for (const auto& [at, tie, number] : model) {
      RC_ASSERT(heap.top().number == number);
      RC_ASSERT(heap.top().due_ms == at);
      heap.disarm(number);
    }
    RC_ASSERT(heap.empty());
  }));
}
