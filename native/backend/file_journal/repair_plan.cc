#include "repair_plan.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "confirmed_end.h"
#include "log_format.h"
#include "payload_owners.h"
#include "segment_files.h"

namespace parking_lot {

namespace {

constexpr const char* those_tasks = "; tasks that need them end with payload_unreadable";

/// The steps for the damages of one inspection.
class Plan {
 public:
  Plan(Files& files, const Inspection& inspection) : files_(files), inspection_(inspection) {}

  StoreResult<std::vector<RepairStep>> make() {
    const auto names = files_.list();
    if (!names) return store_failure(names.error());
    names_ = *names;
    bool is_log_mended = false;
    const bool is_log_damaged = std::any_of(
        inspection_.damages.begin(), inspection_.damages.end(),
        [](const Damage& damage) { return segment_number(SegmentKind::records, damage.file).has_value(); });
    for (const Damage& damage : inspection_.damages) {
      auto planned = StoreResult<void>();
      if (key_file_number(damage.file)) continue;
      if (damage.file == confirmed_end_name) {
        if (inspection_.commits == 0) return hopeless(damage, "nothing is left to go on from");
        add(RepairStep::Kind::discard, damage.file, 0, {},
            damage.message + "; what those records told is lost: tasks that had ended may run again");
        continue;
      }
      // What payloads there should be is known once the log is sound.
      if (damage.kind == SegmentKind::payloads && (is_log_damaged || has_new_header(damage.file))) continue;
      if (std::find(names_.begin(), names_.end(), damage.file) == names_.end())
        return hopeless(damage, "nothing else holds them");
      if (damage.offset == 0 && damage.kind != SegmentKind::checkpoint && !header_is_sound(damage)) {
        planned = rewrite_header(damage);
      } else if (damage.kind == SegmentKind::payloads) {
        planned = mend_payloads(damage);
      } else if (damage.is_surplus) {
        add(RepairStep::Kind::cut, damage.file, damage.offset, {},
            "what follows the end of the checkpoint goes; nothing is lost");
      } else if (!damage.past_loss.empty()) {
        add(RepairStep::Kind::discard, damage.file, 0, {}, damage.past_loss);
      } else if (damage.kind == SegmentKind::checkpoint) {
        return hopeless(damage, "it is the only state of its stream");
      } else if (!is_log_mended) {
        planned = mend_log(damage);
        is_log_mended = true;
      }
      if (!planned) return tl::unexpected(planned.error());
    }
    if (must_vouch_) {
      auto planned = vouch_for_log();
      if (!planned) return tl::unexpected(planned.error());
    }
    for (const KeyDamage& damage : inspection_.key_damages) {
      const RepairStep::Kind kind = damage.is_missing   ? RepairStep::Kind::create
                                    : damage.is_surplus ? RepairStep::Kind::cut
                                                        : RepairStep::Kind::rewrite;
      add(kind, damage.file, damage.offset, damage.remedy, damage.loss);
    }
    return std::move(steps_);
  }

 private:
  static tl::unexpected<StoreError> hopeless(const Damage& damage, const std::string& why) {
    return beyond_repair(damage.file, damage.offset, damage.message + "; " + why);
  }

  std::string copy_name(const std::string& file) {
    for (int i = 1;; ++i) {
      std::string name = "cut-" + file + "-" + std::to_string(i);
      if (std::find(names_.begin(), names_.end(), name) != names_.end()) continue;
      names_.push_back(name);
      return name;
    }
  }

  void add(RepairStep::Kind kind, const std::string& file, std::uint64_t offset, Bytes bytes,
           std::string message) {
    std::string copy = kind == RepairStep::Kind::create ? std::string() : copy_name(file);
    steps_.push_back({kind, file, offset, std::move(bytes), std::move(copy), std::move(message)});
  }

  /// They repeat names, also those whose keys are lost.
  void discard_indexes() {
    for (const std::string& name : names_) {
      if (!audit_index_number(name)) continue;
      steps_.push_back(
          {RepairStep::Kind::discard, name, 0, {}, {}, "the index of the audit trail is made anew"});
    }
  }

  /// Then damage behind it is for the next round.
  bool has_new_header(const std::string& file) const {
    return std::any_of(steps_.begin(), steps_.end(), [&](const RepairStep& step) {
      return step.file == file && step.kind == RepairStep::Kind::rewrite && step.offset == 0;
    });
  }

  bool header_is_sound(const Damage& damage) {
    Bytes start;
    return read_bytes(files_, damage.file, 0, segment_header_bytes, start) &&
           segment_header(start, damage.kind, damage.segment);
  }

  StoreResult<void> rewrite_header(const Damage& damage) {
    Bytes found;
    if (read_bytes(files_, damage.file, 0, segment_header_bytes, found) && parse_segment_header(found))
      return hopeless(damage, "rename it back, and if you cannot");
    SegmentHeader header;
    header.kind = damage.kind;
    header.number = damage.segment;
    for (const SegmentKind kind : {SegmentKind::records, SegmentKind::payloads, SegmentKind::checkpoint}) {
      for (const std::uint64_t number : segment_numbers(kind, names_)) {
        Bytes start;
        if (!read_bytes(files_, segment_name(kind, number), 0, segment_header_bytes, start)) continue;
        if (const auto sound = parse_segment_header(start)) header.store = sound->store;
      }
    }
    Bytes bytes;
    append_segment_header(header, bytes);
    add(RepairStep::Kind::rewrite, damage.file, 0, std::move(bytes),
        "the header is written anew; nothing is lost by that. Verify again: damage behind it is not known "
        "yet");
    return {};
  }

  /// In place of the head of what is lost: so many bytes that belong to nobody.
  void add_bridge(const Damage& damage, std::uint32_t bytes, std::string message) {
    Bytes bridge;
    append_payload_head({.id = 0, .bytes = bytes}, bridge);
    add(RepairStep::Kind::rewrite, damage.file, damage.offset, std::move(bridge), std::move(message));
  }

  std::string loss_of(std::uint64_t payload) {
    if (!owners_) owners_ = payload_owners(files_);
    const auto owner = owners_->find(payload);
    const std::string whose = owner == owners_->end() ? "" : " (" + owner->second + ")";
    return "the bytes of payload " + std::to_string(payload) + " are lost" + whose;
  }

  /// Opening goes from payload to payload by their heads: damaged ones are bridged, and a list can be done
  /// without.
  StoreResult<void> mend_payloads(const Damage& damage) {
    Bytes bytes;
    auto read = read_all(files_, damage.file, bytes);
    if (!read) return read;
    const bool is_last = damage.segment == inspection_.payload_end_segment;
    const ByteView rest = ByteView(bytes).subspan(damage.offset);
    if (const auto head = parse_payload_head(rest);
        head && payload_head_bytes + std::uint64_t{head->bytes} <= rest.size()) {
      const std::uint64_t end = damage.offset + payload_head_bytes + head->bytes;
      if (is_last && end > payload_end_.offset) {
        // Bytes that somebody put in have moved it.
        payload_end_.offset = end;
        must_vouch_ = true;
        return {};
      }
      add_bridge(damage, head->bytes, loss_of(head->id) + those_tasks);
      return {};
    }
    const ByteView last = ByteView(bytes).last(std::min(bytes.size(), payload_trailer_bytes));
    const auto trailer = parse_payload_trailer(last);
    if (trailer && trailer->list_offset == damage.offset) {
      add(RepairStep::Kind::cut, damage.file, damage.offset, {},
          "the list of the segment's payloads goes; nothing is lost, opening reads the payloads themselves");
      return {};
    }
    must_vouch_ = true;
    std::uint64_t end = bytes.size();
    if (is_last) end = std::min(end, inspection_.payload_end_offset);
    if (trailer) end = trailer->list_offset;
    std::uint64_t next = damage.offset + payload_head_bytes;
    while (next < end && !parse_payload_head(ByteView(bytes).subspan(next, end - next))) ++next;
    if (next >= end && !trailer) {
      if (is_last) payload_end_.offset = damage.offset;
      add(RepairStep::Kind::cut, damage.file, damage.offset, {},
          "whatever payloads stood behind byte " + std::to_string(damage.offset) + " are lost" + those_tasks);
      return {};
    }
    next = std::min(next, end);
    // A bridge begins with a head: where there is no room for one, the payload before goes too.
    std::uint64_t from = damage.offset;
    if (from + payload_head_bytes > next) from = start_of_entry_before(bytes, damage.offset);
    if (from + payload_head_bytes > next) return hopeless(damage, "there is no room to bridge it");
    const Damage bridged{damage.kind, damage.file, damage.segment, from, damage.message};
    add_bridge(bridged, static_cast<std::uint32_t>(next - from - payload_head_bytes),
               "the payloads between byte " + std::to_string(from) + " and byte " + std::to_string(next) +
                   " are lost" + those_tasks);
    return {};
  }

  static std::uint64_t start_of_entry_before(ByteView segment, std::uint64_t offset) {
    std::uint64_t before = offset;
    for (std::uint64_t at = segment_header_bytes; at < offset;) {
      const auto head = parse_payload_head(segment.subspan(at, offset - at));
      if (!head) break;
      before = at;
      at += payload_head_bytes + head->bytes;
    }
    return before;
  }

  struct StreamEnd {
    StreamKey key;
    std::uint64_t last = 0;
  };
  /// Numbers of the last records by stream, as the segment's first `end` bytes say.
  static std::vector<StreamEnd> ends_of(ByteView segment, std::uint64_t end) {
    std::map<std::uint32_t, StreamEnd> ends;  // by number in the segment
    visit_frames(segment, end, [&](const Frame& frame, std::uint64_t) {
      if (frame.head.kind == FrameKind::stream) {
        if (const auto declared = decode_declaration(frame))
          ends[frame.head.stream] = {{declared->kind, std::string(declared->name)},
                                     frame.head.first_sequence - 1};
      } else if (frame.head.kind == FrameKind::records) {
        ends[frame.head.stream].last = frame.head.first_sequence + frame.head.count - 1;
      }
      return true;
    });
    std::vector<StreamEnd> list;
    for (const auto& [number, stream] : ends) list.push_back(stream);
    return list;
  }

  static std::string spelled(const StreamKey& key) {
    return key.kind == StreamKind::mailbox ? "the mailboxes"
                                           : (key.kind == StreamKind::pool ? "pool " : "garage ") + key.name;
  }

  /// A segment that the audit trail alone needs keeps its commits before the damage.
  StoreResult<void> cut_history(const Damage& damage) {
    Bytes bytes;
    auto read = read_bytes(files_, damage.file, 0, damage.offset, bytes);
    if (!read) return read;
    const SegmentScan scan = scan_commits(bytes);
    constexpr const char* from_here = "from here on and has a gap there; queues and mailboxes lose nothing";
    const std::string loss = "the audit trail loses the records of this segment ";
    if (scan.commits.empty())
      add(RepairStep::Kind::discard, damage.file, 0, {}, loss + from_here);
    else
      add(RepairStep::Kind::cut, damage.file, scan.end, {}, loss + from_here);
    return {};
  }

  StoreResult<void> mend_log(const Damage& damage) {
    const std::vector<std::uint64_t> numbers = segment_numbers(SegmentKind::records, names_);
    if (const auto opened = FileStore::open_read_only(files_)) {
      if (damage.segment >= opened->first_needed_segment())
        return hopeless(damage,
                        "the store opens with it, and a repair would only lose more; if you want it whole");
      return cut_history(damage);
    }
    // The last whole commit before the damage becomes the last one of all.
    auto at = std::find(numbers.begin(), numbers.end(), damage.segment);
    Bytes bytes;
    auto read = read_bytes(files_, damage.file, 0, damage.offset, bytes);
    if (!read) return read;
    SegmentScan scan = scan_commits(bytes);
    while (scan.commits.empty()) {
      add(RepairStep::Kind::discard, segment_name(SegmentKind::records, *at), 0, {},
          "no commit of it is whole");
      if (at == numbers.begin()) return hopeless(damage, "no commit before it is left");
      --at;
      read = read_all(files_, segment_name(SegmentKind::records, *at), bytes);
      if (!read) return read;
      scan = scan_commits(bytes);
    }
    return cut_log(damage, *at, numbers, bytes, scan);
  }

  /// Commits without records. The first vouches for all before it, and the second one for the first: whether
  /// payloads of theirs are there is not asked any more.
  Bytes vouching_commits(const SegmentScan& scan) const {
    Bytes commits;
    for (std::uint32_t i = 1; i <= 2; ++i) {
      FrameHead head;
      head.commit = static_cast<std::uint32_t>(scan.commits.size()) + i;
      append_commit(head, {.payloads = {payload_end_, payload_end_, 0}, .checksum = 0}, commits);
    }
    return commits;
  }

  /// Opening takes a last commit that lacks payloads for one that was never confirmed.
  StoreResult<void> vouch_for_log() {
    const std::vector<std::uint64_t> numbers = segment_numbers(SegmentKind::records, names_);
    for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
      const std::string file = segment_name(SegmentKind::records, *number);
      Bytes bytes;
      auto read = read_all(files_, file, bytes);
      if (!read) return read;
      const SegmentScan scan = scan_commits(bytes);
      if (scan.commits.empty()) continue;
      add(RepairStep::Kind::cut, file, scan.end, vouching_commits(scan),
          "a mark that the records before it count, although payloads are lost; no record is lost");
      break;
    }
    return {};
  }

  StoreResult<void> cut_log(const Damage& damage, std::uint64_t number,
                            std::span<const std::uint64_t> numbers, ByteView bytes, const SegmentScan& scan) {
    const auto last = ends_of(bytes, scan.end);
    std::string lost;
    for (const StreamCount& stream : inspection_.streams) {
      const auto found = std::find_if(last.begin(), last.end(),
                                      [&](const StreamEnd& each) { return each.key == stream.key; });
      const std::uint64_t kept = found == last.end() ? 0 : found->last;
      if (stream.checkpoint_last > kept)
        return hopeless(damage, "the checkpoint of " + spelled(stream.key) + " needs it");
      lost += (lost.empty() ? "" : ", ") + spelled(stream.key) + " after number " + std::to_string(kept);
      if (stream.last > kept) lost += " (at least up to " + std::to_string(stream.last) + ")";
    }
    // Payloads stay, also those that later commits had moved.
    const std::string file = segment_name(SegmentKind::records, number);
    add(RepairStep::Kind::cut, file, scan.end, vouching_commits(scan), "records are lost of " + lost);
    for (const std::uint64_t later : numbers) {
      if (later <= std::max(number, damage.segment)) continue;
      add(RepairStep::Kind::discard, segment_name(SegmentKind::records, later), 0, {},
          "its records follow upon lost ones");
    }
    const bool is_planned =
        number == damage.segment ||
        std::any_of(steps_.begin(), steps_.end(), [&](const auto& step) { return step.file == damage.file; });
    if (!is_planned) add(RepairStep::Kind::discard, damage.file, 0, {}, "its records follow upon lost ones");
    return {};
  }

  Files& files_;
  const Inspection& inspection_;
  std::vector<std::string> names_;
  std::vector<RepairStep> steps_;
  PayloadEnd payload_end_{inspection_.payload_end_segment, inspection_.payload_end_offset};
  bool must_vouch_ = false;
  std::optional<std::map<std::uint64_t, std::string>> owners_;  // read when a payload is lost
};

}  // namespace

tl::unexpected<StoreError> beyond_repair(const std::string& file, std::uint64_t offset,
                                         const std::string& why) {
  return tl::unexpected(
      StoreError{StoreFault::corrupt, file, offset,
                 file + ", byte " + std::to_string(offset) + ": " + why + ": restore a copy of the store"});
}

StoreResult<std::vector<RepairStep>> steps_for(Files& files, const Inspection& inspection) {
  return Plan(files, inspection).make();
}

}  // namespace parking_lot
