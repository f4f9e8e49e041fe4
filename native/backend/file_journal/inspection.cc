#include "inspection.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "checkpoints.h"
#include "log_format.h"
#include "name_walk.h"
#include "opening_inspection.h"
#include "parking_lot/crc32c.h"
#include "past_inspection.h"
#include "payload_segments.h"
#include "presence.h"
#include "segment_files.h"

namespace parking_lot {

namespace {

/// What is wrong with the segment's header; empty: nothing. A newer format is an error.
StoreResult<std::string> header_fault(ByteView bytes, SegmentKind kind, std::uint64_t number) {
  const auto fitting = segment_header(bytes, kind, number);
  if (fitting) return "";
  if (fitting.error().fault == StoreFault::newer_format) return tl::unexpected(fitting.error());
  const auto header = parse_segment_header(bytes);
  if (!header) return "the segment's header is damaged";
  return "the file is " + segment_name(header->kind, header->number) + " under another name";
}

/// Whether the segment that another one follows is missing: between others, not at the start.
bool is_missing(const OpeningNote& opening, std::span<const std::uint64_t> numbers) {
  return opening.previous_segment > numbers.front() &&
         !std::binary_search(numbers.begin(), numbers.end(), opening.previous_segment);
}

/// What the segment says of where it follows; `nullopt`: that cannot be read.
StoreResult<std::optional<OpeningNote>> opening_of(Files& files, std::uint64_t number) {
  Bytes start;
  auto read = read_bytes(files, segment_name(SegmentKind::records, number), 0, opening_reach, start);
  if (!read) return tl::unexpected(read.error());
  return opening_in(start);
}

/// The log, from the oldest segment to the newest.
class LogInspection {
 public:
  LogInspection(Files& files, Inspection& result) : files_(files), result_(result) {}

  StoreResult<void> read(std::span<const std::uint64_t> numbers) {
    numbers_ = numbers;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      auto read =
          read_segment(numbers[i], i + 1 < numbers.size() ? std::optional(numbers[i + 1]) : std::nullopt);
      if (!read) return read;
    }
    for (const Known& known : streams_) result_.streams.push_back(known.count);
    return {};
  }
  const PayloadExtent& last_payloads() const { return last_payloads_; }
  KeyNumbers& keys() { return keys_; }

 private:
  struct Known {
    StreamCount count;
    std::optional<ChainHash> chain;  ///< unknown behind damage
    bool is_declared = false;
  };

  void damage(std::uint64_t number, std::uint64_t offset, std::string_view message) {
    result_.damages.push_back({SegmentKind::records, segment_name(SegmentKind::records, number), number,
                               offset, std::string(message)});
    for (Known& known : streams_) known.chain.reset();
  }

  /// Where the next segment says that this one ends.
  StoreResult<std::uint64_t> limit(std::uint64_t number, std::uint64_t next) {
    const auto opening = opening_of(files_, next);
    if (!opening) return tl::unexpected(opening.error());
    const bool follows = *opening && (*opening)->previous_segment == number;
    return follows ? (*opening)->previous_end : ~std::uint64_t{0};
  }

  StoreResult<void> read_segment(std::uint64_t number, std::optional<std::uint64_t> next) {
    const std::string name = segment_name(SegmentKind::records, number);
    auto read = read_all(files_, name, bytes_);
    if (!read) return read;
    const auto end = next ? limit(number, *next) : StoreResult<std::uint64_t>(~std::uint64_t{0});
    if (!end) return tl::unexpected(end.error());
    ++result_.segments;
    const auto header = header_fault(bytes_, SegmentKind::records, number);
    if (!header) return tl::unexpected(header.error());
    if (!header->empty()) {
      // One that never got its first commit is what a crash leaves.
      const Frame second = find_frame(bytes_, 0);
      if (next || second.status == Frame::Status::ok)
        damage(number, 0, *header);
      else
        result_.torn_bytes += bytes_.size();
      return {};
    }
    local_.clear();
    if (auto noted = note_gap(number); !noted) return noted;
    bool is_sound = true;
    const SegmentScan scan = scan_commits(bytes_, *end, [&](const Frame& frame, std::uint64_t offset) {
      ++result_.frames;
      const std::string fault = check(frame);
      if (!fault.empty() && is_sound) damage(number, offset, fault);
      is_sound = is_sound && fault.empty();
    });
    result_.record_bytes += scan.end;
    result_.commits += scan.commits.size();
    if (!scan.commits.empty()) last_payloads_ = scan.commits.back().note.payloads;
    const bool is_end_known = *end != ~std::uint64_t{0};
    const bool ends_early = next && is_end_known && scan.end != *end;
    if (scan.tail == SegmentScan::Tail::damaged || ends_early) {
      damage(number, scan.damage_offset, scan.damage.empty() ? "the segment ends too early" : scan.damage);
    } else if (scan.tail == SegmentScan::Tail::torn && next && !is_end_known) {
      damage(number, scan.end, "what follows is no whole commit, and no segment tells that nothing did");
    } else if (scan.tail == SegmentScan::Tail::torn && !next) {
      result_.torn_bytes += bytes_.size() - scan.end;
    }
    return {};
  }

  /// A segment that is not there between two others.
  StoreResult<void> note_gap(std::uint64_t number) {
    const auto opening = opening_of(files_, number);
    if (!opening) return tl::unexpected(opening.error());
    if (*opening && is_missing(**opening, numbers_))
      damage((*opening)->previous_segment, 0, "the segment is missing, and its records with it");
    return {};
  }

  Known& known(const StreamKey& key) {
    const auto found = std::find_if(streams_.begin(), streams_.end(),
                                    [&](const Known& one) { return one.count.key == key; });
    if (found != streams_.end()) return *found;
    Known added;
    added.count.key = key;
    streams_.push_back(added);
    return streams_.back();
  }

  /// What is wrong with the frame; empty: nothing.
  std::string check(const Frame& frame) {
    if (frame.head.kind == FrameKind::stream) return check_declaration(frame);
    if (frame.head.kind != FrameKind::records) return "";
    if (frame.head.stream >= local_.size() || local_[frame.head.stream].name.empty()) {
      return "the frame's stream is not declared in this segment";
    }
    Known& stream = known(local_[frame.head.stream]);
    StreamCount& count = stream.count;
    if (stream.chain && chain_after(*stream.chain, frame.bytes) != frame.chain) {
      return "the frame does not continue the chain of stream " + count.key.name;
    }
    if (count.last != 0 && frame.head.first_sequence != count.last + 1) {
      return "records " + std::to_string(count.last + 1) + " to " +
             std::to_string(frame.head.first_sequence - 1) + " of stream " + count.key.name + " are missing";
    }
    if (const auto read = names_.read(count.key.kind, frame); !read)
      return read.error().where + " of the records: " + read.error().message;
    if (count.first == 0) count.first = frame.head.first_sequence;
    count.records += frame.head.count;
    count.last = frame.head.first_sequence + frame.head.count - 1;
    stream.chain = frame.chain;
    return "";
  }

  std::string check_declaration(const Frame& frame) {
    const auto declared = decode_declaration(frame);
    if (!declared) return declared.error().message;
    const StreamKey key{declared->kind, std::string(declared->name)};
    if (local_.size() <= frame.head.stream) local_.resize(frame.head.stream + 1);
    local_[frame.head.stream] = key;
    Known& stream = known(key);
    if (!stream.is_declared) stream.count.before = frame.head.first_sequence - 1;
    stream.is_declared = true;
    if (stream.chain && *stream.chain != declared->previous)
      return "the chain of stream " + key.name + " is broken";
    if (chain_after(declared->previous, frame.bytes) != frame.chain)
      return "the declaration's hash does not fit";
    if (!stream.chain) stream.count.last = frame.head.first_sequence - 1;
    stream.chain = frame.chain;
    return "";
  }

  Files& files_;
  Inspection& result_;
  std::span<const std::uint64_t> numbers_;
  KeyNumbers keys_;
  Bytes bytes_;  ///< of one segment after the other
  std::vector<StreamKey> local_;
  std::vector<Known> streams_;
  NameReader names_{keys_};
  PayloadExtent last_payloads_;
};

/// Older segments go when a checkpoint covers them, and not before.
std::optional<Damage> missing_start(std::uint64_t oldest, const std::vector<StreamCount>& streams) {
  const auto missing = std::find_if(streams.begin(), streams.end(), [](const StreamCount& stream) {
    return stream.before > stream.checkpoint_last;
  });
  if (missing == streams.end() || oldest < 2) return std::nullopt;
  return Damage{SegmentKind::records, segment_name(SegmentKind::records, oldest - 1), oldest - 1, 0,
                "the segment is missing, and records of stream " + missing->key.name + " up to number " +
                    std::to_string(missing->before) + " with it"};
}

StoreResult<void> verify_payloads(Files& files, std::uint64_t number, const PayloadExtent& last,
                                  Inspection& result) {
  const std::string name = segment_name(SegmentKind::payloads, number);
  if (number > last.end.segment) return {};
  Bytes bytes;
  auto read = read_all(files, name, bytes);
  if (!read) return read;
  const auto damage = [&](std::uint64_t offset, std::string message) {
    result.damages.push_back({SegmentKind::payloads, name, number, offset, std::move(message)});
  };
  ++result.segments;
  const auto fault = header_fault(bytes, SegmentKind::payloads, number);
  if (!fault) return tl::unexpected(fault.error());
  if (!fault->empty()) damage(0, *fault);
  std::uint64_t end =
      number == last.end.segment ? std::min<std::uint64_t>(last.end.offset, bytes.size()) : bytes.size();
  const bool has_list = number != last.end.segment && bytes.size() >= payload_trailer_bytes;
  const auto trailer =
      has_list ? parse_payload_trailer(ByteView(bytes).last(payload_trailer_bytes)) : std::nullopt;
  if (trailer && trailer->list_offset + trailer->list_bytes() <= bytes.size()) {
    end = trailer->list_offset;
    if (!parse_payload_list(*trailer, ByteView(bytes).subspan(end, trailer->list_bytes()))) {
      damage(end, "the list of the segment's payloads is damaged");
    }
  }
  for (std::uint64_t at = segment_header_bytes; at < end;) {
    const ByteView rest = ByteView(bytes).subspan(at, end - at);
    const auto head = parse_payload_head(rest);
    if (!head || payload_head_bytes + std::uint64_t{head->bytes} > rest.size()) {
      // Zeros that were kept ahead, in a segment that a crash has ended.
      const bool may_be_blank = number != last.end.segment && !trailer;
      const bool is_blank =
          may_be_blank && std::all_of(rest.begin(), rest.end(), [](std::uint8_t byte) { return byte == 0; });
      if (!is_blank) damage(at, "a payload should begin here");
      return {};
    }
    if (head->id != 0) {
      ++result.payloads;
      result.payload_bytes += head->bytes;
      if (crc32c(rest.subspan(payload_head_bytes, head->bytes)) != head->checksum) {
        damage(at, "the bytes of payload " + std::to_string(head->id) + " are damaged");
      }
    }
    at += payload_head_bytes + head->bytes;
  }
  if (number == last.end.segment && bytes.size() < last.end.offset)
    damage(bytes.size(), "the file is shorter than the last commit says");
  return {};
}

/// A name may stand in a checkpoint alone. What cannot be read is told elsewhere.
void note_keys(Files& files, const Checkpoint& checkpoint, KeyNumbers& keys) {
  Bytes bytes;
  for (const std::uint64_t part : checkpoint.parts) {
    const std::string name = segment_name(SegmentKind::checkpoint, part);
    if (read_all(files, name, bytes)) (void)walk_names(name, bytes, 0, keys);
  }
}

StoreResult<Inspection> inspect(Files& files) {
  const auto names = files.list();
  if (!names) return store_failure(names.error());
  Inspection result;
  LogInspection log(files, result);
  const std::vector<std::uint64_t> numbers = segment_numbers(SegmentKind::records, *names);
  auto read = log.read(numbers);
  if (!read) return tl::unexpected(read.error());
  const bool is_log_sound = result.damages.empty();
  const PayloadExtent last = log.last_payloads();
  for (const std::uint64_t number : segment_numbers(SegmentKind::payloads, *names)) {
    read = verify_payloads(files, number, last, result);
    if (!read) return tl::unexpected(read.error());
  }
  Checkpoints checkpoints(files, 0);
  read = checkpoints.open(*names, Checkpoints::Reading::everything);
  if (!read) return tl::unexpected(read.error());
  for (const Checkpoint& checkpoint : checkpoints.complete()) note_keys(files, checkpoint, log.keys());
  auto key_damages = verify_keys(files, log.keys());
  if (!key_damages) return tl::unexpected(key_damages.error());
  result.key_damages = std::move(*key_damages);
  for (const KeyDamage& damage : result.key_damages)
    result.damages.push_back(
        {SegmentKind::records, damage.file, damage.number, damage.offset, damage.message});
  result.payload_end_segment = last.end.segment;
  result.payload_end_offset = last.end.offset;
  result.segments += segment_numbers(SegmentKind::checkpoint, *names).size();
  result.checkpoint_bytes = checkpoints.disk_bytes();
  for (StreamCount& stream : result.streams) {
    const Checkpoint* newest = checkpoints.newest(stream.key);
    if (!newest) continue;
    stream.checkpoint_first = newest->first;
    stream.checkpoint_last = newest->last;
  }
  // One that was never finished may be torn; it is missed only if the store does not open without it.
  for (const UnreadablePart& part : checkpoints.unreadable_parts()) {
    result.needless_damages.push_back({SegmentKind::checkpoint, part.file,
                                       segment_number(SegmentKind::checkpoint, part.file).value_or(0),
                                       part.offset, part.message});
  }
  read = inspect_past(files, *names, checkpoints, !numbers.empty() && numbers.front() == 1, result);
  if (!read) return tl::unexpected(read.error());
  if (is_log_sound && checkpoints.unreadable_parts().empty() && !numbers.empty()) {
    if (auto missing = missing_start(numbers.front(), result.streams)) result.damages.push_back(*missing);
  }
  if (has_lost_records(*names)) {
    result.damages.push_back({SegmentKind::records, segment_name(SegmentKind::records, 1), 1, 0,
                              "there are payloads and no records: were files deleted?"});
    return result;
  }
  auto compared = compare_with_opening(files, result);
  if (!compared) return tl::unexpected(compared.error());
  for (const UnreadablePart& surplus : checkpoints.surplus()) {
    result.damages.push_back({SegmentKind::checkpoint, surplus.file,
                              segment_number(SegmentKind::checkpoint, surplus.file).value_or(0),
                              surplus.offset, surplus.message, true});
  }
  return result;
}

/// Whether nothing is wrong, or may be.
bool is_fine(const StoreResult<Inspection>& found) {
  return found && found->damages.empty() && found->needless_damages.empty();
}

bool is_same(const std::vector<Damage>& one, const std::vector<Damage>& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(), [](const Damage& a, const Damage& b) {
    return a.file == b.file && a.offset == b.offset && a.message == b.message;
  });
}

/// Whether both say the same of what is wrong.
bool is_same(const StoreResult<Inspection>& one, const StoreResult<Inspection>& other) {
  if (one.has_value() != other.has_value()) return false;
  if (!one) return one.error().message == other.error().message;
  return is_same(one->damages, other->damages) && is_same(one->needless_damages, other->needless_damages);
}

}  // namespace

StoreResult<std::vector<LogEnd>> gaps_in_trail(Files& files) {
  const auto names = files.list();
  if (!names) return store_failure(names.error());
  const std::vector<std::uint64_t> numbers = segment_numbers(SegmentKind::records, *names);
  std::vector<LogEnd> gaps;
  for (const std::uint64_t number : numbers) {
    const auto opening = opening_of(files, number);
    if (!opening) return tl::unexpected(opening.error());
    if (!*opening || (*opening)->previous_segment < numbers.front()) continue;
    const std::uint64_t before = (*opening)->previous_segment;
    const std::uint64_t size = files.size(segment_name(SegmentKind::records, before)).value_or(0);
    if (size < (*opening)->previous_end) gaps.push_back({before, size});
  }
  return gaps;
}

StoreResult<Inspection> verify(Files& files) {
  // An owner may go on meanwhile, so that files vanish and grow while they are read: what is wrong is wrong
  // twice in the same way.
  constexpr int again_max = 100;
  auto found = inspect(files);
  for (int again = 0; again < again_max && !is_fine(found); ++again) {
    auto next = inspect(files);
    const bool is_confirmed = is_same(found, next);
    found = std::move(next);
    if (is_confirmed) break;
  }
  return found;
}

}  // namespace parking_lot
