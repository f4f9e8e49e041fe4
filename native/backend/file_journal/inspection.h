#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "key_inspection.h"
#include "store.h"

/// Looking at a store without opening it, and mending one that cannot be opened: `parking-lot store
/// verify|repair`.
namespace parking_lot {

/// Bytes that are not what was written, or a file that is not there.
struct Damage {
  SegmentKind kind = SegmentKind::records;
  std::string file;
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
  std::string message;
  bool is_surplus = false;  ///< foreign bytes behind what counts, which nobody reads
  /// Of a checkpoint that is kept to tell of the past, and of use for nothing else: what goes with it.
  std::string past_loss = {};
};

struct StreamCount {
  StreamKey key;
  std::uint64_t first = 0;  ///< number of the first record that is on disk
  std::uint64_t last = 0;
  std::uint64_t before = 0;  ///< its records up to this number are in no segment; a checkpoint covers them
  std::uint64_t records = 0;
  std::uint64_t checkpoint_first = 0;  ///< of its newest complete checkpoint; 0: none
  std::uint64_t checkpoint_last = 0;
};

struct Inspection {
  std::uint64_t segments = 0;
  std::uint64_t commits = 0;
  std::uint64_t frames = 0;
  std::uint64_t record_bytes = 0;
  std::uint64_t checkpoint_bytes = 0;
  std::uint64_t payloads = 0;
  std::uint64_t payload_bytes = 0;
  /// Up to where payloads count, as the last commit says.
  std::uint64_t payload_end_segment = 0;
  std::uint64_t payload_end_offset = 0;
  std::vector<StreamCount> streams;
  std::vector<Damage> damages;  ///< at most one a segment of records or checkpoints, all of payloads and keys
  /// Queues, mailboxes and garages lose nothing by these: unreadable checkpoints that were never finished, or
  /// whose records are all there (the next opening removes them), and segments missing in the audit trail.
  std::vector<Damage> needless_damages;
  std::vector<KeyDamage> key_damages;  ///< those of keys again, with what can be done about them
  /// At the end, of a commit that was never confirmed; the next opening cuts it off.
  std::uint64_t torn_bytes = 0;
};

/// Reads every byte: checksums of all frames and payloads, the chain of hashes and the numbers of each
/// stream. Needs no lock: what an owner that writes meanwhile seems to have damaged is read again, and its
/// last commit may count as torn. Errors are only those of reading. O(bytes), twice that if something is
/// wrong.
StoreResult<Inspection> verify(Files& files);

/// Segments of records that are missing between others, or end too early: the audit trail has a gap behind
/// the last byte of each. Rising; reads only where each segment begins.
StoreResult<std::vector<LogEnd>> gaps_in_trail(Files& files);

/// One thing that a repair does.
struct RepairStep {
  enum class Kind : std::uint8_t {
    cut,      ///< everything from `offset` on goes, after it was copied to `kept_as`
    discard,  ///< the whole file goes, after it was copied
    rewrite,  ///< `bytes` are written at `offset`; those that stood there are copied
    create,   ///< the file is not there, and is made with `bytes`
  };
  Kind kind = Kind::cut;
  std::string file;
  std::uint64_t offset = 0;
  std::vector<std::uint8_t> bytes;
  std::string kept_as;  ///< empty: there is nothing to copy
  std::string message;  ///< what is lost by it, in one sentence
};

/// What must be done so that the store opens again. Nothing is done yet. Empty: it opens already, or nothing
/// is wrong. `corrupt` if no repair can lead to a state that ever was: restore a copy then.
StoreResult<std::vector<RepairStep>> plan_repair(Files& files);

/// Does it. `files` must be locked. `done` is called once, when everything is durable or something failed.
void repair(Files& files, std::vector<RepairStep> steps, std::function<void(StoreResult<void>)> done);

}  // namespace parking_lot
