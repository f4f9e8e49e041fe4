#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "fuzz/runs.h"
#include "parking_lot/crc32c.h"
#include "parking_lot/frame.h"
#include "unit/golden_journal.h"
#include "unit/random_garage_records.h"

// Journals that are nearly right. Checksums would stop every change at the door, so they are mended as often
// as not. All that is tried lies in memory of its exact size: sanitizers see a read beyond it.

using namespace parking_lot;
using records::RandomFacts;
using records::same;

namespace {

void change(Bytes& bytes, RandomFacts& random) {
  const auto place = [&] {
    return bytes.begin() + static_cast<std::ptrdiff_t>(random.below(bytes.size() + 1));
  };
  const auto byte = [&] { return static_cast<std::uint8_t>(random.below(256)); };
  switch (random.below(7)) {
    case 0: {
      const auto from = place();
      bytes.erase(
          from, from + static_cast<std::ptrdiff_t>(random.below(
                           1 + std::min<std::uint64_t>(8, static_cast<std::uint64_t>(bytes.end() - from)))));
      return;
    }
    case 1:
      bytes.insert(place(), 1 + random.below(4), byte());
      return;
    case 2:
      bytes.insert(place(), random.below(12), 0xff);
      return;
    case 3: {
      const Bytes other(bytes.begin(), place());
      bytes.insert(place(), other.end() - std::min<std::ptrdiff_t>(std::ssize(other), 16), other.end());
      return;
    }
    default:
      if (const auto at = place(); at != bytes.end())
        *at = random.below(2) == 0 ? byte() : static_cast<std::uint8_t>(*at ^ (1U << random.below(8)));
  }
}

void change_some(Bytes& bytes, RandomFacts& random) {
  for (std::uint64_t left = 1 + random.below(3); left > 0; --left) change(bytes, random);
}

/// Opens whatever it gets, as far as a name can be made of it.
class AnyKeys final : public NameKeys {
 public:
  bool seal(std::string_view, Bytes&) override { return false; }
  const char* open(ByteView sealed, std::string& name) override {
    if (sealed.size() < 17) return "too short";
    name.assign(sealed.begin(), sealed.end());
    return nullptr;
  }
};

/// What is accepted says the same when it is written again. It has then the same bytes: each record has one
/// spelling. Only links and extensions, which are read over, make it shorter.
template <class AnyRecord>
bool try_records(const Bytes& bytes, const RecordsFrame& frame) {
  DecodedRecords<AnyRecord> kept;
  const std::vector<AnyRecord>& read = kept.records;
  AnyKeys keys;
  DecodedRecords<AnyRecord> unsealed;
  const bool is_sealed_readable = decode_records(bytes, frame, unsealed, &keys).has_value();
  const auto decoded = decode_records(bytes, frame, kept);
  if (decoded && !is_sealed_readable) FAIL("keys make plain records unreadable");
  if (!decoded) {
    if (decoded.error().message.empty() || decoded.error().where.empty()) FAIL("an error that says nothing");
    return false;
  }
  if (read.size() != frame.count) FAIL("another number of records than the frame has");
  Bytes again;
  encode_records(std::span<const AnyRecord>(read), frame.time, again);
  if (again.size() > bytes.size() || (again.size() == bytes.size() && again != bytes))
    FAIL("records have two spellings");
  DecodedRecords<AnyRecord> kept_again;
  const std::vector<AnyRecord>& read_again = kept_again.records;
  if (!decode_records(again, frame, kept_again)) FAIL("what was written again is refused");
  if (!std::equal(read.begin(), read.end(), read_again.begin(), read_again.end(),
                  [](const AnyRecord& a, const AnyRecord& b) { return same(a, b); }))
    FAIL("what was written again says something else");
  return true;
}

template <class AnyRecord>
bool try_seed(RandomFacts& random) {
  using Facts = decltype(AnyRecord::fact);
  RecordsFrame frame{1 + random.below(1000), Numbering::dense, {random.time()}, 0};
  std::vector<AnyRecord> list;
  for (std::uint64_t left = 1 + random.below(3); left > 0; --left)
    list.push_back({0, frame.time, random.fact<Facts>(random.below(std::variant_size_v<Facts>))});
  Bytes bytes;
  encode_records(std::span<const AnyRecord>(list), frame.time, bytes);
  change_some(bytes, random);
  bytes.shrink_to_fit();
  frame.count = static_cast<std::uint32_t>(list.size());
  if (random.below(8) == 0) frame.count = static_cast<std::uint32_t>(random.below(5));
  const bool are_events = try_records<AnyRecord>(bytes, frame);
  frame.numbering = Numbering::same;
  const bool are_state = try_records<AnyRecord>(bytes, frame);
  if (are_events && are_state && frame.count > 0) FAIL("events that are state");
  return are_events || are_state;
}

void put_number(Bytes& bytes, std::size_t at, std::uint32_t number) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(number >> (8 * i));
}

/// Makes the checksums of the frame at `start`, and often its length, fit what is there.
void mend(Bytes& bytes, std::size_t start, RandomFacts& random) {
  if (bytes.size() - start < frame_header_bytes) return;
  if (random.below(2) == 0) put_number(bytes, start + 4, static_cast<std::uint32_t>(bytes.size() - start));
  put_number(bytes, start + 8, crc32c(ByteView(bytes).subspan(start + frame_header_bytes)));
  put_number(bytes, start, crc32c(ByteView(bytes).subspan(start + 4, frame_header_bytes - 4)));
}

void check_frame(const Frame& frame, ByteView segment, std::size_t offset) {
  const bool is_whole = frame.status == Frame::Status::ok || frame.status == Frame::Status::newer;
  if (is_whole && (frame.next != offset + frame.length || frame.next > segment.size() ||
                   frame.bytes.size() != frame.length || frame.length < frame_header_bytes))
    FAIL("a whole frame that does not lie in its segment");
  if ((frame.status == Frame::Status::corrupt || frame.status == Frame::Status::newer) == frame.fault.empty())
    FAIL("a fault without words, or words without a fault");
  if (frame.status == Frame::Status::torn && frame.length <= segment.size() - offset)
    FAIL("a torn frame whose bytes are all there");
}

/// True if a frame was whole and its body could be read as what it is.
bool try_segment(const Bytes& segment) {
  (void)parse_segment_header(segment);
  bool read_any = false;
  for (std::size_t at = 0; at <= segment.size();) {
    const Frame frame = parse_frame(segment, at);
    check_frame(frame, segment, at);
    if (frame.status == Frame::Status::ok) {
      (void)chain_after({}, frame.bytes);
      PoolRecords pool;
      MailboxRecords messages;
      const bool is_pool = decode_frame(frame, pool).has_value();
      const bool is_mailbox = decode_frame(frame, messages).has_value();
      read_any |= is_pool || is_mailbox || decode_declaration(frame).has_value();
      at = frame.next;
      continue;
    }
    const Frame found = find_frame(segment, at + 1);
    if (found.status != Frame::Status::ok) return read_any;
    if (found.next - found.length <= at) FAIL("the search went back");
    at = found.next - found.length;
  }
  return read_any;
}

}  // namespace

TEST_CASE("no mutation of records aborts, and what is accepted reads back") {
  const FuzzRuns search;
  std::uint64_t accepted = 0;
  for (std::uint64_t seed = search.first; seed < search.end; ++seed) {
    INFO("seed " << seed);
    RandomFacts random(seed);
    const std::uint64_t kind = random.below(4);
    const bool is_accepted = kind == 0   ? try_seed<mailbox::Record>(random)
                             : kind == 1 ? try_seed<garage::Record>(random)
                                         : try_seed<Record>(random);
    if (is_accepted) ++accepted;
  }
  CHECK(accepted > search.runs / 100);
}

TEST_CASE("no mutation of a journal aborts") {
  const Bytes journal = golden::journal();
  std::vector<Frame> frames;
  for (std::size_t at = segment_header_bytes; at < journal.size(); at = frames.back().next)
    frames.push_back(parse_frame(journal, at));
  const FuzzRuns search;
  std::uint64_t accepted = 0;
  for (std::uint64_t seed = search.first; seed < search.end; ++seed) {
    INFO("seed " << seed);
    RandomFacts random(seed);
    if (random.below(4) == 0) {
      Bytes changed = journal;
      change_some(changed, random);
      changed.shrink_to_fit();
      try_segment(changed);
      continue;
    }
    const Frame& frame = frames[random.below(frames.size())];
    Bytes changed(frame.bytes.begin(), frame.bytes.end());
    change_some(changed, random);
    mend(changed, 0, random);
    changed.shrink_to_fit();
    if (try_segment(changed)) ++accepted;
  }
  CHECK(accepted > search.runs / 100);
}
