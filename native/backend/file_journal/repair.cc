#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "draft_files.h"
#include "repair_plan.h"
#include "segment_files.h"

namespace parking_lot {

namespace {

constexpr int rounds_max = 1000;

StoreResult<void> keep_copy(CommitWrites& writes, const RepairStep& step) {
  if (step.kept_as.empty()) return {};
  const bool is_rewrite = step.kind == RepairStep::Kind::rewrite;
  Bytes bytes;
  auto read = read_bytes(writes.files(), step.file, step.offset,
                         is_rewrite ? step.bytes.size() : ~std::uint64_t{0}, bytes);
  if (!read) return read;
  auto kept = writes.create(step.kept_as);
  if (kept) kept = writes.write(step.kept_as, 0, bytes);
  if (!kept) return store_failure(kept.error());
  return {};
}

StoreResult<void> apply(CommitWrites& writes, const RepairStep& step) {
  auto done = FileResult<void>();
  if (step.kind == RepairStep::Kind::discard) {
    done = writes.files().remove(step.file);
  } else {
    if (step.kind == RepairStep::Kind::cut) done = writes.files().truncate(step.file, step.offset);
    if (step.kind == RepairStep::Kind::create) done = writes.create(step.file);
    if (done) done = writes.write(step.file, step.offset, step.bytes);
  }
  if (!done) return store_failure(done.error());
  return {};
}

/// A plan is kept only if it leads to a store that opens, with everything that the store has that opens now.
StoreResult<void> check_end(Files& before, Files& after) {
  const auto mended = FileStore::open_read_only(after);
  if (!mended) {
    const StoreError& error = mended.error();
    if (error.fault != StoreFault::corrupt) return tl::unexpected(error);
    return beyond_repair(error.file, error.offset, bare_message(error) + "; no repair makes the store open");
  }
  const auto present = FileStore::open_read_only(before);
  if (!present) return {};
  const std::vector<StreamKey> streams = present->streams();
  const std::vector<StreamKey> kept = mended->streams();
  for (std::uint32_t i = 0; i < streams.size(); ++i) {
    const auto found = std::find(kept.begin(), kept.end(), streams[i]);
    const std::uint64_t end =
        found == kept.end() ? 0 : mended->durable({static_cast<std::uint32_t>(found - kept.begin())});
    if (end < present->durable({i}))
      return beyond_repair(segment_name(SegmentKind::records, 1), 0,
                           "the store opens as it is, and a repair would lose records of " + streams[i].name +
                               "; if you want it whole");
  }
  return {};
}

}  // namespace

/// One damage may hide another: what the steps lead to is inspected in turn, on a draft.
StoreResult<std::vector<RepairStep>> plan_repair(Files& files) {
  DraftFiles draft(files);
  std::vector<RepairStep> steps;
  std::optional<Damage> first;
  for (int round = 1;; ++round) {
    const auto inspection = verify(draft);
    if (!inspection) return tl::unexpected(inspection.error());
    const bool stands_still = first && !inspection->damages.empty() &&
                              inspection->damages.front().file == first->file &&
                              inspection->damages.front().offset == first->offset;
    if (stands_still || round > rounds_max)
      return beyond_repair(first->file, first->offset, first->message + "; nothing mends it");
    auto next = steps_for(draft, *inspection);
    if (!next) return next;
    if (next->empty()) break;
    first = inspection->damages.front();
    CommitWrites writes(draft);
    for (RepairStep& step : *next) {
      if (!step.kept_as.empty()) (void)draft.create(step.kept_as);
      if (auto applied = apply(writes, step); !applied) return tl::unexpected(applied.error());
      // What goes in the end is not mended first.
      if (step.kind == RepairStep::Kind::discard)
        std::erase_if(steps, [&](const RepairStep& earlier) { return earlier.file == step.file; });
      steps.push_back(std::move(step));
    }
  }
  if (steps.empty()) return steps;
  if (auto checked = check_end(files, draft); !checked) return tl::unexpected(checked.error());
  return steps;
}

void repair(Files& files, std::vector<RepairStep> steps, std::function<void(StoreResult<void>)> done) {
  const auto plan = std::make_shared<const std::vector<RepairStep>>(std::move(steps));
  CommitWrites copies(files);
  for (const RepairStep& step : *plan) {
    auto kept = keep_copy(copies, step);
    if (!kept) return done(kept);
  }
  files.sync(copies.touched(), SyncMode::strict, [&files, plan, done](FileResult<void> synced) {
    if (!synced) return done(store_failure(synced.error()));
    CommitWrites changes(files);
    for (const RepairStep& step : *plan) {
      auto applied = apply(changes, step);
      if (!applied) return done(applied);
    }
    files.sync(changes.touched(), SyncMode::strict, [done](FileResult<void> changed) {
      changed ? done({}) : done(store_failure(changed.error()));
    });
  });
}

}  // namespace parking_lot
