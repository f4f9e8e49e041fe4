#pragma once

#include <vector>

#include "parking_lot/frame.h"

/// What the journals in tests/golden hold, written out by hand. Journals that exist stay as they are, and so
/// does this: what a later version adds gets a journal of its own.
namespace parking_lot::golden {

inline constexpr WallTime noon{1'767'268'800'000};
inline constexpr WallTime later{1'767'268'800'250};

inline TaskAdmitted admitted_with_all_fields() {
  TaskAdmitted task;
  task.admission = 1000;
  task.incarnation = 3;
  task.task_id = "job-1000";
  task.tenant = "acme";
  task.mailbox =
      "acme\x1f"
      "ann\x1f"
      "session-4";
  task.priority = Priority::critical;
  task.kind = ResourceKind::gpu_vram;
  task.units = 40'960;
  task.deadline = {1'767'268'860'000};
  task.start_after = {1'767'268'805'000};
  task.timeout = {30'000};
  task.estimate = {12'500};
  task.payload = {7'408'000'000'000'001, 1'048'576, 0x0123'4567'89ab'cdef};
  task.retry = {5, 150, 10, {500}, {20'000}};
  task.max_lost = 3;
  task.on_disconnect = OnDisconnect::cancel;
  task.realm = 17;
  task.digest = 0xfedc'ba98'7654'3210;
  return task;
}

/// The least that a task can say.
inline TaskAdmitted admitted_with_defaults() {
  TaskAdmitted task;
  task.admission = 1001;
  task.incarnation = 3;
  return task;
}

/// Every event of a pool, the first with number 41.
inline std::vector<Record> pool_events() {
  const PayloadRef result{7'408'000'000'000'002, 20, 0x1122'3344'5566'7788};
  const std::vector<Fact> facts = {
      PoolOpened{3, {0x0011'2233'4455'6677, 0x8899'aabb'ccdd'eeff}},
      PoolStateChanged{PoolState::draining},
      admitted_with_all_fields(),
      admitted_with_defaults(),
      TaskParked{1000, {1'767'268'805'000}},
      TaskParked{1001, {}},
      TaskStarted{1001, {3, 77}, 2, 1, false},
      TaskStarted{1000, {3, 78}, 0, 2, true},
      TaskRequeued{1001, Reason::lost, {1'767'268'801'000}, true},
      TaskRequeued{1000, Reason::retry, {}, false},
      PriorityChanged{1000, Priority::low},
      UsageRecorded{1000, 5000},
      UsageRecorded{1000, 0},
      TaskFinished{1000, Status::failed, Reason::timed_out, result, true},
      TaskFinished{1001, Status::completed, Reason::none, {}, false},
      UnitsReleased{1000, {3, 78}},
      TaskDelivered{1001},
      DeliveryOverdue{1000, 10},
      TaskRejected{Refusal::queue_full, "job-1002", "acme"},
      TaskRejected{Refusal::wrong_state, {}, {}},
      RejectionsCounted{Refusal::busy, 4096},
  };
  std::vector<Record> records;
  for (const Fact& fact : facts) {
    const std::uint64_t sequence = 41 + records.size();
    records.push_back({sequence, sequence < 44 ? noon : later, fact});
  }
  return records;
}

/// Every state of a pool, after the event with number 61. `incarnations` is what the facts view.
inline std::vector<Record> pool_state() {
  static const std::uint64_t incarnations[] = {1, 2, 3};
  TaskRestored ended;
  ended.admitted = admitted_with_all_fields();
  ended.basis = 54;
  ended.submitted_at = noon;
  ended.stage = TaskRestored::Stage::ended;
  ended.status = Status::failed;
  ended.reason = Reason::timed_out;
  ended.ready_at = {1'767'268'805'000};
  ended.attempt = 2;
  ended.failures = 1;
  ended.lost = 2;
  ended.lease = {3, 78};
  ended.executor = 9;
  ended.units_used = 5000;
  ended.started_at = {1'767'268'806'000};
  ended.finished_at = {1'767'268'836'000};
  ended.result = {7'408'000'000'000'002, 20, 0x1122'3344'5566'7788};
  ended.outcome_incarnation = 3;
  ended.outcome_sequence = 54;
  ended.is_delivered = true;
  TaskRestored waiting;
  waiting.admitted = admitted_with_defaults();
  waiting.basis = 44;
  waiting.submitted_at = later;
  waiting.stage = TaskRestored::Stage::waiting;
  return {
      {61, later, PoolRestored{incarnations, 1002, 79, PoolState::draining, 42, {}}},
      {61, later, ended},
      {61, later, waiting},
      {61, later, UnitsRestored{1000, {3, 78}, 9, 40'960, {1'767'268'806'000}, {}}},
      {61, later, PoolRestored{{}, 1, 1, PoolState::active, 0, {}}},
  };
}

inline mailbox::MessageStored message_with_all_fields() {
  return {.key =
              "acme\x1f"
              "ann\x1f"
              "session-4",
          .pool = "llm",
          .task_id = "job-1000",
          .pool_incarnation = 3,
          .pool_sequence = 54,
          .status = Status::failed,
          .reason = Reason::timed_out,
          .payload = {7'408'000'000'000'002, 20, 0x1122'3344'5566'7788}};
}

/// Every event of a mailbox store, the first with number 1.
inline std::vector<mailbox::Record> mailbox_events() {
  mailbox::MessageStored least;
  least.key = "default\x1f\x1f";
  least.pool = "p";
  least.task_id = "t";
  least.pool_incarnation = 1;
  least.pool_sequence = 4;
  return {{1, noon, mailbox::StoreOpened{2}},
          {2, noon, message_with_all_fields()},
          {3, later, least},
          {4, later, mailbox::MessagesDropped{least.key, 3}}};
}

/// Every state of a mailbox store, after the event with number 4.
inline std::vector<mailbox::Record> mailbox_state() {
  return {{4, later, mailbox::StoreRestored{2}},
          {4, later, mailbox::WatermarkRestored{"llm", 3, 54}},
          {4, later, mailbox::MessageRestored{message_with_all_fields(), 2, noon}}};
}

inline SegmentHeader segment_header() {
  SegmentHeader header;
  header.kind = SegmentKind::records;
  for (std::size_t i = 0; i < header.store.size(); ++i) header.store[i] = static_cast<std::uint8_t>(0xa0 + i);
  header.number = 12;
  header.epoch = 5;
  header.created_at = noon;
  return header;
}

/// A segment with all of the above: a pool's stream, whose chain goes on from `previous`, and a mailbox's.
inline Bytes journal() {
  Bytes out;
  append_segment_header(segment_header(), out);
  ChainHash pool{};
  for (std::size_t i = 0; i < pool.size(); ++i) pool[i] = static_cast<std::uint8_t>(i);
  ChainHash store{};
  FrameHead head;
  head.commit = 1;
  const std::size_t first_commit = out.size();
  const auto begin = [&](FrameKind kind, std::uint32_t stream, std::size_t commit_start) {
    head.kind = kind;
    head.stream = stream;
    head.commit_offset = static_cast<std::uint32_t>(out.size() - commit_start);
  };
  head.first_sequence = 41;
  head.time = noon;
  begin(FrameKind::stream, 1, first_commit);
  append_declaration(head, StreamKind::pool, "llm", pool, out);
  begin(FrameKind::records, 1, first_commit);
  append_frame(head, pool_events(), pool, out);
  head.first_sequence = 1;
  begin(FrameKind::stream, 2, first_commit);
  append_declaration(head, StreamKind::mailbox, "outcomes", store, out);
  head.ends_commit = true;
  begin(FrameKind::records, 2, first_commit);
  append_frame(head, mailbox_events(), store, out);
  head.commit = 2;
  head.ends_commit = false;
  const std::size_t second_commit = out.size();
  begin(FrameKind::state, 1, second_commit);
  append_frame(head, pool_state(), pool, out);
  head.ends_commit = true;
  begin(FrameKind::state, 2, second_commit);
  append_frame(head, mailbox_state(), store, out);
  return out;
}

}  // namespace parking_lot::golden
