#include "workload.h"

#include <algorithm>

namespace parking_lot::test {

namespace {

std::string body(std::uint64_t id, std::size_t bytes) {
  std::string text = "payload " + std::to_string(id) + " ";
  while (text.size() < bytes) text += static_cast<char>('a' + (text.size() * 7 + id) % 26);
  return text;
}

}  // namespace

void Workload::append(const StreamKey& key) {
  const std::size_t count = 1 + random(4);
  std::uint64_t& last = intended_.last[key.name];
  const auto appended = rig_.store->append(rig_.stream(key), PoolSample(last + 1, count, 10 + random(600)));
  REQUIRE(appended);
  last += count;
}

void Workload::put() {
  const std::uint64_t id = next_id_++;
  std::string bytes = body(id, random(20) == 0 ? 5000 : random(700));
  REQUIRE(rig_.store->put(id, bytes));
  intended_.payloads[id] = std::move(bytes);
}

void Workload::release() {
  if (intended_.payloads.empty()) return;
  auto chosen = intended_.payloads.begin();
  std::advance(chosen, static_cast<std::ptrdiff_t>(random(intended_.payloads.size())));
  rig_.store->release(chosen->first);
  promised_.payloads.erase(chosen->first);
  released_.insert(chosen->first);
  intended_.payloads.erase(chosen);
}

/// One step of a checkpoint: state that rests on the last record appended.
void Workload::checkpoint(const StreamKey& key) {
  const std::uint64_t last = intended_.last[key.name];
  if (last == 0) return;
  const StreamNumber stream = rig_.stream(key);
  std::vector<Record> state;
  if (!rig_.store->has_open_checkpoint(stream)) {
    REQUIRE(rig_.store->begin_checkpoint(stream));
    state.push_back({last, time_of(last), PoolRestored{}});
  }
  for (std::uint64_t i = random(20); i > 0; --i) state.push_back({last, time_of(last), UnitsRestored{}});
  REQUIRE(rig_.store->add_to_checkpoint(stream, state));
  if (random(3) == 0) REQUIRE(rig_.store->end_checkpoint(stream));
}

void Workload::commit() {
  const int failures = failures_;
  rig_.store->trim(time_of(std::max(intended_.last[gpu.name], intended_.last[cpu.name])));
  rig_.store->commit([this, intended = intended_](const CommitOutcome& outcome) {
    if (outcome.failure) {
      ++failures_;
      unconfirmed_.push_back(intended);
      return;
    }
    unconfirmed_.clear();
    for (const auto& [stream, last] : intended.last) promised_.last[stream] = last;
    for (const auto& [id, bytes] : intended.payloads) {
      if (intended_.payloads.contains(id)) promised_.payloads[id] = bytes;
    }
  });
  // The disk of this test ends a sync at once, or never. What failed is taken back.
  if (!rig_.disk.is_dead() && failures_ > failures) {
    intended_.last = promised_.last;
    intended_.payloads = promised_.payloads;
  }
}

void Workload::step() {
  const StreamKey& key = random(3) == 0 ? cpu : gpu;
  switch (random(8)) {
    case 0:
    case 1:
    case 2:
      return append(key);
    case 3:
    case 4:
      return put();
    case 5:
      return release();
    case 6:
      return checkpoint(key);
    default:
      return commit();
  }
}

void Workload::run(int steps) {
  for (int i = 0; i < steps && !rig_.disk.is_dead(); ++i) step();
}

/// The number up to which the stream's loading leads, having required that it is in order and whole.
std::uint64_t Workload::loaded_last(const StreamKey& key) {
  const std::vector<std::int64_t> loaded = rig_.load(key);
  std::int64_t last = loaded.empty() || loaded.front() > 0 ? 0 : -loaded.front();
  for (const std::int64_t number : loaded) {
    if (number > 0) {
      REQUIRE(number == last + 1);
      last = number;
    } else {
      REQUIRE(-number == last);
    }
  }
  REQUIRE(rig_.store->durable(rig_.stream(key)) == static_cast<std::uint64_t>(last));
  return static_cast<std::uint64_t>(last);
}

bool Workload::agrees(const Held& wanted) {
  for (const StreamKey& key : {gpu, cpu}) {
    const auto last = wanted.last.find(key.name);
    const std::uint64_t number = last == wanted.last.end() ? 0 : last->second;
    if (loaded_last(key) == number) continue;
    difference_ += key.name + " ends with " + std::to_string(loaded_last(key)) + ", not " +
                   std::to_string(number) + "; ";
    return false;
  }
  std::string bytes;
  for (const auto& [id, wanted_bytes] : wanted.payloads) {
    const auto read = rig_.store->read_payload(id, bytes);
    if (read && bytes == wanted_bytes) continue;
    difference_ +=
        "payload " + std::to_string(id) + ": " + (read ? "other bytes" : read.error().message) + "; ";
    return false;
  }
  return true;
}

void Workload::check() {
  rig_.open();
  difference_.clear();
  const bool as_promised = agrees(promised_);
  bool as_intended = !as_promised && agrees(intended_);
  for (; !as_promised && !as_intended && !unconfirmed_.empty(); unconfirmed_.pop_back()) {
    intended_ = unconfirmed_.back();
    for (const std::uint64_t id : released_) intended_.payloads.erase(id);
    as_intended = agrees(intended_);
  }
  unconfirmed_.clear();
  INFO(difference_);
  REQUIRE((as_promised || as_intended));
  if (as_promised) {
    intended_ = promised_;
  } else {
    promised_ = intended_;
  }
  std::vector<std::uint64_t> named;
  for (const auto& [id, bytes] : promised_.payloads) named.push_back(id);
  rig_.store->release_all_but(named, next_id_);
}

}  // namespace parking_lot::test
