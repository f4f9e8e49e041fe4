#include "parking_lot/frame.h"

#include <catch2/catch.hpp>
#include <string>

#include "codec/frame_bytes.h"
#include "parking_lot/crc32c.h"
#include "unit/chain_walk.h"
#include "unit/golden_journal.h"
#include "unit/random_records.h"

using namespace parking_lot;
using golden::noon;
using records::same;

namespace {

std::vector<Record> two_records(std::uint64_t first = 7) {
  TaskRejected rejected;
  rejected.task_id = "job-1";
  return {{first, noon, TaskDelivered{300}}, {first + 1, noon, rejected}};
}

Bytes frame_bytes(const FrameHead& head = {}) {
  Bytes out;
  ChainHash chain{};
  append_frame(head, two_records(), chain, out);
  return out;
}

/// Makes a changed frame fit its checksums again, as somebody would who wants to hide a change.
void mend(Bytes& frame) {
  put_little_endian(frame.data() + 8, crc32c(ByteView(frame).subspan(frame_header_bytes)));
  put_little_endian(frame.data(), crc32c(ByteView(frame).subspan(4, frame_header_bytes - 4)));
}

}  // namespace

TEST_CASE("a frame tells what it was given, and where the next one is") {
  Bytes out(5, 0xee);
  ChainHash chain{};
  FrameHead head;
  head.stream = 70'000;
  head.commit = 9;
  head.commit_offset = 4096;
  head.ends_commit = true;
  append_frame(head, two_records(), chain, out);
  const std::size_t second = out.size();
  append_frame(FrameHead{.kind = FrameKind::commit, .time = {-1}}, ByteView(), chain, out);

  const Frame frame = parse_frame(out, 5);
  REQUIRE(frame.status == Frame::Status::ok);
  CHECK(frame.head.kind == FrameKind::records);
  CHECK(frame.head.stream == 70'000);
  CHECK(frame.head.commit == 9);
  CHECK(frame.head.commit_offset == 4096);
  CHECK(frame.head.ends_commit);
  CHECK(frame.head.first_sequence == 7);
  CHECK(frame.head.count == 2);
  CHECK(frame.head.time == noon);
  CHECK(frame.next == second);
  CHECK(frame.length == second - 5);
  PoolRecords decoded;
  REQUIRE(decode_frame(frame, decoded));
  REQUIRE(decoded.records.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) CHECK(same(decoded.records[i], two_records()[i]));
  MailboxRecords none;
  CHECK_FALSE(decode_frame(frame, none));

  const Frame last = parse_frame(out, second);
  REQUIRE(last.status == Frame::Status::ok);
  CHECK(last.head.kind == FrameKind::commit);
  CHECK(last.head.time == WallTime{-1});
  CHECK_FALSE(last.head.ends_commit);
  CHECK(last.body.empty());
  CHECK(last.chain == chain);
  CHECK_FALSE(decode_frame(last, decoded));
  CHECK(parse_frame(out, last.next).status == Frame::Status::blank);
}

TEST_CASE("every flipped bit of a frame is found") {
  const Bytes whole = frame_bytes();
  REQUIRE(parse_frame(whole, 0).status == Frame::Status::ok);
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    INFO("bit " << bit);
    Bytes changed = whole;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1U << (bit % 8)));
    const Frame frame = parse_frame(changed, 0);
    REQUIRE(frame.status == Frame::Status::corrupt);
    REQUIRE_FALSE(frame.fault.empty());
    // A damaged body does not hide where the next frame is.
    REQUIRE(frame.next == (bit / 8 < frame_header_bytes ? 0 : whole.size()));
  }
}

TEST_CASE("a frame that is cut anywhere is torn, and tells how many bytes it needs") {
  const Bytes whole = frame_bytes();
  for (std::size_t length = 1; length < whole.size(); ++length) {
    INFO("length " << length);
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    const Frame frame = parse_frame(cut, 0);
    REQUIRE(frame.status == Frame::Status::torn);
    REQUIRE(frame.length == (length < frame_header_bytes ? frame_header_bytes : whole.size()));
    REQUIRE(frame.next == 0);
  }
}

TEST_CASE("nothing, or zeros, is the end") {
  CHECK(parse_frame({}, 0).status == Frame::Status::blank);
  CHECK(parse_frame(Bytes(10, 0), 0).status == Frame::Status::blank);
  CHECK(parse_frame(Bytes(500, 0), 0).status == Frame::Status::blank);
  Bytes late(79, 0);
  late.push_back(1);
  CHECK(parse_frame(late, 0).status == Frame::Status::corrupt);
}

TEST_CASE("a whole frame that only a newer version can have written is told from damage") {
  for (const auto& [offset, value] : {std::pair{12, 0}, {12, 9}, {12, 200}, {13, 2}, {14, 1}, {15, 1}}) {
    INFO("byte " << offset);
    Bytes bytes = frame_bytes();
    bytes[static_cast<std::size_t>(offset)] = static_cast<std::uint8_t>(value);
    mend(bytes);
    const Frame frame = parse_frame(bytes, 0);
    CHECK(frame.status == Frame::Status::newer);
    CHECK(frame.next == bytes.size());
    CHECK(frame.fault.find("newer version") != std::string_view::npos);
  }
}

TEST_CASE("a length that cannot be is damage, although its checksum fits") {
  for (const std::uint32_t length : {0U, 79U}) {
    Bytes bytes = frame_bytes();
    put_little_endian(bytes.data() + 4, length);
    mend(bytes);
    CHECK(parse_frame(bytes, 0).status == Frame::Status::corrupt);
  }
  Bytes bytes = frame_bytes();
  put_little_endian(bytes.data() + 4, 0xffff'ffff);
  mend(bytes);
  CHECK(parse_frame(bytes, 0).status == Frame::Status::torn);
}

TEST_CASE("the chain finds each byte that was changed together with its checksums") {
  Bytes segment;
  append_segment_header({}, segment);
  ChainHash chain{};
  append_declaration({.kind = FrameKind::stream, .stream = 1, .time = {}}, StreamKind::pool, "p", chain,
                     segment);
  const std::size_t start = segment.size();
  append_frame({.kind = FrameKind::records, .stream = 1, .time = {}}, two_records(), chain, segment);
  append_frame({.kind = FrameKind::records, .stream = 1, .time = {}}, two_records(9), chain, segment);
  REQUIRE(first_broken_link(segment) == "");
  const Frame target = parse_frame(segment, start);
  for (std::size_t byte = 12; byte < target.length; ++byte) {
    INFO("byte " << byte);
    Bytes changed(target.bytes.begin(), target.bytes.end());
    changed[byte] = static_cast<std::uint8_t>(changed[byte] + 1);
    mend(changed);
    Bytes forged = segment;
    std::copy(changed.begin(), changed.end(), forged.begin() + static_cast<std::ptrdiff_t>(start));
    // Unknown kinds and flags end the walk at the same place.
    CHECK_THAT(first_broken_link(forged), Catch::EndsWith(" at " + std::to_string(start)));
  }
  // A frame that was taken out breaks the link of the one behind it.
  Bytes shorter = segment;
  shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(start),
                shorter.begin() + static_cast<std::ptrdiff_t>(target.next));
  CHECK(first_broken_link(shorter) == "frame at " + std::to_string(start));
}

TEST_CASE("the search finds the next whole frame behind damage") {
  Bytes bytes = frame_bytes();
  const std::size_t second = bytes.size();
  ChainHash chain{};
  append_frame({.kind = FrameKind::records, .stream = 2, .time = {}}, two_records(), chain, bytes);
  CHECK(find_frame(bytes, 0).head.stream == 0);
  for (const std::size_t damaged : {std::size_t{4}, frame_header_bytes + 1}) {
    Bytes changed = bytes;
    changed[damaged] = static_cast<std::uint8_t>(changed[damaged] ^ 0xff);
    const Frame found = find_frame(changed, 0);
    REQUIRE(found.status == Frame::Status::ok);
    CHECK(found.head.stream == 2);
    CHECK(found.next - found.length == second);
  }
  CHECK(find_frame(bytes, second + 1).status == Frame::Status::blank);
  CHECK(find_frame({}, 0).status == Frame::Status::blank);
}

TEST_CASE("a segment's header reads back, and every flipped bit and every cut is found") {
  Bytes bytes;
  append_segment_header(golden::segment_header(), bytes);
  REQUIRE(bytes.size() == segment_header_bytes);
  const auto header = parse_segment_header(bytes);
  REQUIRE(header);
  CHECK(header->number == 12);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    Bytes changed = bytes;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1U << (bit % 8)));
    REQUIRE_FALSE(parse_segment_header(changed));
  }
  for (std::size_t length = 0; length < bytes.size(); ++length)
    REQUIRE_FALSE(parse_segment_header(ByteView(bytes).first(length)));
}

TEST_CASE("segments of a newer version or kind are refused in such words") {
  for (const auto& [offset, value] : {std::pair{8, 2}, {9, 1}, {10, 4}, {10, 0}}) {
    Bytes bytes;
    append_segment_header({}, bytes);
    bytes[static_cast<std::size_t>(offset)] = static_cast<std::uint8_t>(value);
    put_little_endian(bytes.data() + 60, crc32c(ByteView(bytes).first(60)));
    const auto header = parse_segment_header(bytes);
    REQUIRE_FALSE(header);
    CHECK_THAT(header.error().message, Catch::Contains("newer version"));
  }
}

TEST_CASE("a declaration with a damaged body or of an unknown kind is refused") {
  Bytes bytes;
  ChainHash chain{};
  append_declaration({}, StreamKind::mailbox, "outcomes", chain, bytes);
  const Frame frame = parse_frame(bytes, 0);
  REQUIRE(decode_declaration(frame));
  for (std::size_t length = 0; length < frame.body.size(); ++length) {
    Frame cut = frame;
    cut.body = frame.body.first(length);
    REQUIRE_FALSE(decode_declaration(cut));
  }
  bytes[frame_header_bytes] = 4;
  CHECK_THAT(decode_declaration(frame).error().message, Catch::Contains("newer version"));
  CHECK_FALSE(decode_declaration(parse_frame(frame_bytes(), 0)));
}
