#include "task_queue.h"

#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <numeric>
#include <vector>

using namespace parking_lot;

namespace {

using Model = std::map<std::uint64_t, TaskQueue::Entry>;  // the same tasks, in an order that is surely right

TaskQueue::Entry entry_of(std::uint64_t admission, Units units, Priority priority = Priority::normal) {
  return {QueueKey::of(priority, admission), units, static_cast<std::uint32_t>(admission)};
}

void add(TaskQueue& queue, Model& model, const TaskQueue::Entry& entry) {
  queue.insert(entry);
  model[entry.key.value] = entry;
}

std::optional<TaskQueue::Entry> first_in_model(const Model& model, Units free) {
  for (const auto& [key, entry] : model) {
    if (entry.units <= free) return entry;
  }
  return std::nullopt;
}

bool agree_on_first(const TaskQueue& queue, const Model& model, Units free) {
  const auto found = queue.first_that_fits(free);
  const auto expected = first_in_model(model, free);
  if (!found || !expected) return found.has_value() == expected.has_value();
  return found->key == expected->key && found->units == expected->units && found->slot == expected->slot;
}

bool agree_on_ahead(const TaskQueue& queue, const Model& model, QueueKey key) {
  TaskQueue::Ahead expected;
  for (auto at = model.begin(); at != model.end() && at->first < key.value; ++at) {
    ++expected.tasks;
    expected.units += at->second.units;
  }
  const TaskQueue::Ahead found = queue.ahead_of(key);
  return found.tasks == expected.tasks && found.units == expected.units;
}

bool agree(const TaskQueue& queue, const Model& model) {
  if (queue.size() != model.size()) return false;
  for (const Units free : {0, 1, 3, 10, 1000}) {
    if (!agree_on_first(queue, model, free)) return false;
  }
  for (auto at = model.begin(); at != model.end();
       std::advance(at, std::min<std::ptrdiff_t>(17, std::distance(at, model.end())))) {
    if (!agree_on_ahead(queue, model, QueueKey{at->first})) return false;
  }
  return agree_on_ahead(queue, model, last_queue_key) && agree_on_ahead(queue, model, QueueKey{0});
}

/// Takes all tasks out in the order of `admissions` and compares on the way.
void empty_in_order(TaskQueue& queue, Model& model, const std::vector<std::uint64_t>& admissions) {
  for (std::size_t i = 0; i < admissions.size(); ++i) {
    const QueueKey key = QueueKey::of(Priority::normal, admissions[i]);
    queue.erase(key);
    model.erase(key.value);
    if (i % 97 == 0) REQUIRE(agree(queue, model));
  }
  CHECK(queue.size() == 0);
  CHECK_FALSE(queue.first_that_fits(units_max));
}

std::vector<std::uint64_t> numbers_to(std::uint64_t count) {
  std::vector<std::uint64_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 1);
  return numbers;
}

/// The same numbers in an order without pattern: a full cycle of a linear congruence.
std::vector<std::uint64_t> shuffled_to(std::uint64_t count) {
  std::vector<std::uint64_t> numbers = numbers_to(count);
  std::uint64_t state = 12345;
  for (std::size_t i = numbers.size(); i > 1; --i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    std::swap(numbers[i - 1], numbers[(state >> 33) % i]);
  }
  return numbers;
}

}  // namespace

TEST_CASE("an empty queue has no first task and nobody ahead of anybody") {
  const TaskQueue queue;
  CHECK(queue.size() == 0);
  CHECK_FALSE(queue.first_that_fits(units_max));
  CHECK(queue.ahead_of(last_queue_key).tasks == 0);
}

TEST_CASE("tasks leave by priority and within a priority by admission") {
  TaskQueue queue;
  queue.insert(entry_of(1, 1, Priority::low));
  queue.insert(entry_of(2, 1, Priority::normal));
  queue.insert(entry_of(3, 1, Priority::critical));
  queue.insert(entry_of(4, 1, Priority::high));
  queue.insert(entry_of(5, 1, Priority::critical));
  std::vector<std::uint32_t> left;
  while (const auto first = queue.first_that_fits(1)) {
    left.push_back(first->slot);
    queue.erase(first->key);
  }
  CHECK(left == std::vector<std::uint32_t>{3, 5, 4, 2, 1});
}

TEST_CASE("the first that fits is found behind any number of tasks that do not") {
  TaskQueue queue;
  for (std::uint64_t i = 1; i <= 5000; ++i) queue.insert(entry_of(i, 100));
  queue.insert(entry_of(5001, 7));
  const auto found = queue.first_that_fits(50);
  REQUIRE(found);
  CHECK(found->slot == 5001);
  CHECK_FALSE(queue.first_that_fits(6));
  queue.erase(found->key);
  CHECK_FALSE(queue.first_that_fits(50));
}

TEST_CASE("the queue answers like a sorted list whatever order keys come and go in") {
  const std::vector<std::uint64_t> rising = numbers_to(3000);
  const std::vector<std::uint64_t> falling(rising.rbegin(), rising.rend());
  const std::vector<std::uint64_t> mixed = shuffled_to(3000);
  for (const auto& coming : {rising, falling, mixed}) {
    for (const auto& going : {rising, falling, mixed}) {
      TaskQueue queue;
      Model model;
      for (const std::uint64_t admission : coming) {
        add(queue, model, entry_of(admission, admission * 7919 % 41));
        if (admission % 211 == 0) REQUIRE(agree(queue, model));
      }
      empty_in_order(queue, model, going);
    }
  }
}

TEST_CASE("memory follows the number of tasks down as well as up") {
  TaskQueue queue;
  const auto coming = shuffled_to(20000);
  for (const std::uint64_t admission : coming) queue.insert(entry_of(admission, 1));
  const std::size_t full = queue.memory_bytes();
  CHECK(full > 20000 * 20);
  for (std::size_t i = 0; i < 19000; ++i) queue.erase(QueueKey::of(Priority::normal, coming[i]));
  CHECK(queue.memory_bytes() < full / 5);
  for (std::size_t i = 19000; i < 20000; ++i) queue.erase(QueueKey::of(Priority::normal, coming[i]));
  CHECK(queue.memory_bytes() < 4096);
}

TEST_CASE("rising keys leave full leaves behind") {
  TaskQueue queue;
  for (std::uint64_t i = 1; i <= 100000; ++i) queue.insert(entry_of(i, 1));
  CHECK(queue.memory_bytes() < 100000 * 32);
}

TEST_CASE("a queue that is moved takes its tasks along") {
  TaskQueue queue;
  for (std::uint64_t i = 1; i <= 500; ++i) queue.insert(entry_of(i, i));
  TaskQueue moved = std::move(queue);
  CHECK(moved.size() == 500);
  CHECK(moved.first_that_fits(1)->slot == 1);
  moved = TaskQueue();
  CHECK(moved.size() == 0);
  CHECK_FALSE(moved.first_that_fits(units_max));
}

TEST_CASE("after any history of comings and goings the queue answers like a sorted list") {
  CHECK(rc::check([] {
    TaskQueue queue;
    Model model;
    std::uint64_t next = 1;
    const auto steps =
        *rc::gen::container<std::vector<std::uint32_t>>(2000, rc::gen::arbitrary<std::uint32_t>());
    const auto grows_until = *rc::gen::inRange<std::size_t>(0, 2000);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const std::uint32_t step = steps[i];
      const bool adds = model.empty() || step % 8 < (i < grows_until ? 6U : 2U);
      if (adds) {
        const auto priority = static_cast<Priority>(step >> 4 & 3);
        add(queue, model, entry_of(next++, step >> 6 & 31, priority));
      } else if (step & 0x10000) {
        const Units free = step >> 20 & 31;
        RC_ASSERT(agree_on_first(queue, model, free));
        if (const auto first = queue.first_that_fits(free)) {
          queue.erase(first->key);
          model.erase(first->key.value);
        }
      } else {
        auto at = model.begin();
        std::advance(at, step % model.size());
        RC_ASSERT(agree_on_ahead(queue, model, at->second.key));
        queue.erase(at->second.key);
        model.erase(at);
      }
    }
    RC_ASSERT(agree(queue, model));
  }));
}

namespace {

/// Whom a walk from `after` finds, in turn, and how many it might still have looked at.
using Walked = std::pair<std::vector<std::uint32_t>, std::uint64_t>;

Walked walk(const TaskQueue& queue, QueueKey after, TaskQueue::Wanted wanted) {
  Walked walked;
  TaskQueue::Cursor cursor(queue, after);
  while (const auto entry = cursor.next(wanted)) walked.first.push_back(entry->slot);
  walked.second = wanted.most;
  return walked;
}

Walked walk_in_model(const Model& model, QueueKey after, const TaskQueue::Wanted& wanted) {
  Walked walked{{}, wanted.most};
  for (auto at = model.upper_bound(after.value); at != model.end() && walked.second > 0; ++at) {
    const TaskQueue::Entry& entry = at->second;
    if (entry.units > wanted.free) continue;
    --walked.second;
    const std::uint64_t length = entry.estimate_ms == 0 ? std::uint64_t{1} << 32 : entry.estimate_ms;
    if ((length <= wanted.window_ms || entry.units <= wanted.spare) && length < wanted.below_ms)
      walked.first.push_back(entry.slot);
  }
  return walked;
}

}  // namespace

TEST_CASE("a walk finds whom it wants and looks at no more than it may, whatever was asked before") {
  CHECK(rc::check([] {
    TaskQueue queue;
    Model model;
    const auto number = [](std::uint64_t below) { return *rc::gen::inRange<std::uint64_t>(0, below); };
    std::uint64_t next = 1;
    for (int round = 0; round < 8; ++round) {
      for (std::uint64_t i = number(300); i > 0; --i) {
        TaskQueue::Entry entry = entry_of(next++, number(8), static_cast<Priority>(number(4)));
        entry.estimate_ms = static_cast<std::uint32_t>(number(20));
        if (number(30) == 0) entry.units = std::uint64_t{1} << 40;
        add(queue, model, entry);
      }
      for (std::uint64_t i = number(model.size() / 2 + 1); i > 0; --i) {
        const auto at = std::next(model.begin(), static_cast<std::ptrdiff_t>(number(model.size())));
        queue.erase(at->second.key);
        model.erase(at);
      }
      for (int question = 0; question < 6; ++question) {
        TaskQueue::Wanted wanted{.free = number(9), .spare = number(4)};
        wanted.window_ms = static_cast<std::uint32_t>(number(8));
        if (number(2) == 0) wanted.below_ms = number(20);
        if (number(2) == 0) wanted.most = number(400);
        if (number(9) == 0) wanted.free = units_max;
        const QueueKey after =
            number(2) == 0 || model.empty()
                ? QueueKey{}
                : std::next(model.begin(), static_cast<std::ptrdiff_t>(number(model.size())))->second.key;
        RC_ASSERT(walk(queue, after, wanted) == walk_in_model(model, after, wanted));
      }
    }
  }));
}
