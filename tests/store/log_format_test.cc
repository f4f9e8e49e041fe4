#include <algorithm>
#include <catch2/catch.hpp>

#include "backend/file_journal/log_format.h"
#include "parking_lot/crc32c.h"
#include "sample.h"

using namespace parking_lot;
using namespace parking_lot::test;

namespace {

/// A segment of one commit: records of two streams, both with this text in their ids.
Bytes one_commit(const std::string& text) {
  Bytes segment;
  append_segment_header({}, segment);
  Bytes commit;
  FrameHead head;
  head.commit = 1;
  append_opening(head, {}, commit);
  for (std::uint32_t stream = 1; stream <= 2; ++stream) {
    TaskAdmitted admitted;
    admitted.admission = 1;
    admitted.task_id = text;
    const Record records[] = {{1, WallTime{9}, admitted}};
    head.kind = FrameKind::records;
    head.stream = stream;
    head.commit_offset = static_cast<std::uint32_t>(commit.size());
    ChainHash chain{};
    append_frame(head, records, chain, commit);
  }
  head.commit_offset = static_cast<std::uint32_t>(commit.size());
  append_commit(head, {.payloads = {}, .checksum = crc32c(commit)}, commit);
  segment.insert(segment.end(), commit.begin(), commit.end());
  return segment;
}

}  // namespace

TEST_CASE("A commit mixed from two writes to the same place is no commit, though each frame is whole") {
  const Bytes first = one_commit("first!");
  const Bytes second = one_commit("second");
  REQUIRE(first.size() == second.size());
  REQUIRE(scan_commits(first).commits.size() == 1);
  REQUIRE(scan_commits(second).commits.size() == 1);
  const Frame opening = parse_frame(first, segment_header_bytes);
  const Frame frame = parse_frame(first, opening.next);
  Bytes mixed = second;
  std::copy(frame.bytes.begin(), frame.bytes.end(),
            mixed.begin() + static_cast<std::ptrdiff_t>(opening.next));
  REQUIRE(parse_frame(mixed, opening.next).status == Frame::Status::ok);
  CHECK(scan_commits(mixed).commits.empty());
}

TEST_CASE("A commit of which any suffix is missing is torn and not damaged") {
  const Bytes whole = one_commit("first!");
  for (std::size_t bytes = segment_header_bytes + 1; bytes < whole.size(); ++bytes) {
    INFO(bytes << " bytes");
    const SegmentScan scan = scan_commits(ByteView(whole).first(bytes));
    CHECK(scan.commits.empty());
    CHECK(scan.tail == SegmentScan::Tail::torn);
  }
}
