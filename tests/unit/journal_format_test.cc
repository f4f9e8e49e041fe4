#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "codec/garage_format.h"
#include "codec/record_format.h"
#include "parking_lot/frame.h"
#include "unit/chain_walk.h"
#include "unit/golden_journal.h"
#include "unit/random_records.h"

using namespace parking_lot;
using golden::noon;
using records::same;

namespace {

const std::string golden_folder = PARKING_LOT_SOURCE_DIR "/tests/golden/";

Bytes file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) FAIL(path << " is missing");
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

template <class AnyRecord>
void check_same(const std::vector<AnyRecord>& are, const std::vector<AnyRecord>& should) {
  REQUIRE(are.size() == should.size());
  for (std::size_t i = 0; i < are.size(); ++i) {
    INFO("record " << i);
    CHECK(same(are[i], should[i]));
  }
}

void check_golden_content(ByteView segment) {
  const auto header = parse_segment_header(segment);
  REQUIRE(header);
  CHECK(header->kind == SegmentKind::records);
  CHECK(header->store == golden::segment_header().store);
  CHECK(header->number == 12);
  CHECK(header->epoch == 5);
  CHECK(header->created_at == noon);
  CHECK(first_broken_link(segment) == "");

  std::vector<Frame> frames;
  for (std::size_t at = segment_header_bytes; at < segment.size(); at = frames.back().next) {
    frames.push_back(parse_frame(segment, at));
    REQUIRE(frames.back().status == Frame::Status::ok);
  }
  REQUIRE(frames.size() == 6);
  const auto pool = decode_declaration(frames[0]);
  REQUIRE(pool);
  CHECK(pool->kind == StreamKind::pool);
  CHECK(pool->name == "llm");
  CHECK(pool->previous[31] == 31);
  const auto store = decode_declaration(frames[2]);
  REQUIRE(store);
  CHECK(store->kind == StreamKind::mailbox);
  CHECK(store->name == "outcomes");
  CHECK(store->previous == ChainHash{});

  PoolRecords decoded;
  REQUIRE(decode_frame(frames[1], decoded));
  check_same(decoded.records, golden::pool_events());
  decoded.clear();
  REQUIRE(decode_frame(frames[4], decoded));
  check_same(decoded.records, golden::pool_state());
  MailboxRecords messages;
  REQUIRE(decode_frame(frames[3], messages));
  check_same(messages.records, golden::mailbox_events());
  messages.clear();
  REQUIRE(decode_frame(frames[5], messages));
  check_same(messages.records, golden::mailbox_state());
  CHECK(frames[3].head.ends_commit);
  CHECK_FALSE(frames[4].head.ends_commit);
  CHECK(frames[5].head.commit == 2);
  CHECK(frames[5].head.commit_offset == frames[4].length);
}

/// The bytes of the document's example: each line has its offset, the bytes, and what they mean.
Bytes documented_example() {
  std::ifstream document(PARKING_LOT_SOURCE_DIR "/docs/journal-format.md");
  Bytes bytes;
  bool is_inside = false;
  for (std::string line; std::getline(document, line);) {
    if (line == "```hex" || line == "```") is_inside = line == "```hex";
    std::istringstream words(line.substr(0, line.find('#')));
    std::string word;
    if (!is_inside || !(words >> word) || word == "```hex") continue;
    if (std::stoul(word, nullptr, 16) != bytes.size()) FAIL("a wrong offset: " << line);
    while (words >> word) bytes.push_back(static_cast<std::uint8_t>(std::stoul(word, nullptr, 16)));
  }
  return bytes;
}

}  // namespace

TEST_CASE("journals of version 1 are read for ever") {
  const std::string path = golden_folder + "journal-v1.bin";
  // How a journal comes to be; one that exists is never written again.
  if (std::getenv("PARKING_LOT_WRITE_GOLDEN") != nullptr && !std::ifstream(path)) {
    const Bytes made = golden::journal();
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(made.data()), std::ssize(made));
  }
  check_golden_content(file_bytes(path));
}

TEST_CASE("this version writes journals of version 1 as they always were") {
  CHECK(golden::journal() == file_bytes(golden_folder + "journal-v1.bin"));
}

TEST_CASE("the example of the journal format's document is what is written") {
  SegmentHeader header = golden::segment_header();
  header.number = 1;
  header.epoch = 1;
  TaskAdmitted admitted;
  admitted.admission = 1;
  admitted.incarnation = 2;
  admitted.task_id = "job-1";
  admitted.tenant = "acme";
  admitted.mailbox =
      "acme\x1f"
      "ann\x1f"
      "s4";
  admitted.units = 4;
  admitted.payload = {300, 1000, 0x0123'4567'89ab'cdef};
  admitted.priority = Priority::high;
  admitted.deadline = noon + Duration::seconds(60);
  const Record written[] = {{1, noon, admitted},
                            {2, noon, TaskParked{1, {}}},
                            {3, noon + Duration{5}, TaskStarted{1, {2, 1}, 7, 1, true}}};

  Bytes bytes;
  append_segment_header(header, bytes);
  ChainHash chain{};
  FrameHead head;
  head.stream = 1;
  head.commit = 1;
  head.first_sequence = 1;
  head.time = noon;
  append_declaration(head, StreamKind::pool, "llm", chain, bytes);
  head.commit_offset = static_cast<std::uint32_t>(bytes.size() - segment_header_bytes);
  head.ends_commit = true;
  append_frame(head, written, chain, bytes);
  CHECK(documented_example() == bytes);
}

TEST_CASE("the journal format's document names every record with its type") {
  std::ifstream file(PARKING_LOT_SOURCE_DIR "/docs/journal-format.md");
  const std::string document(std::istreambuf_iterator<char>(file), {});
  const auto check_type = [&](std::uint32_t type, const std::string& name) {
    CHECK_THAT(document, Catch::Contains("| " + std::to_string(type) + " | `" + name + "` |"));
  };
#define PARKING_LOT_CHECK_TYPE(Fact) check_type(RecordFormat<Fact>::type, #Fact)
  using namespace mailbox;
  PARKING_LOT_CHECK_TYPE(PoolOpened);
  PARKING_LOT_CHECK_TYPE(PoolStateChanged);
  PARKING_LOT_CHECK_TYPE(PoolConfigured);
  PARKING_LOT_CHECK_TYPE(TaskAdmitted);
  PARKING_LOT_CHECK_TYPE(TaskParked);
  PARKING_LOT_CHECK_TYPE(TaskStarted);
  PARKING_LOT_CHECK_TYPE(TaskRequeued);
  PARKING_LOT_CHECK_TYPE(PriorityChanged);
  PARKING_LOT_CHECK_TYPE(UsageRecorded);
  PARKING_LOT_CHECK_TYPE(TaskFinished);
  PARKING_LOT_CHECK_TYPE(UnitsReleased);
  PARKING_LOT_CHECK_TYPE(TaskDelivered);
  PARKING_LOT_CHECK_TYPE(DeliveryOverdue);
  PARKING_LOT_CHECK_TYPE(TaskRejected);
  PARKING_LOT_CHECK_TYPE(RejectionsCounted);
  PARKING_LOT_CHECK_TYPE(PoolRestored);
  PARKING_LOT_CHECK_TYPE(TaskRestored);
  PARKING_LOT_CHECK_TYPE(TenantRestored);
  PARKING_LOT_CHECK_TYPE(UnitsRestored);
  PARKING_LOT_CHECK_TYPE(StoreOpened);
  PARKING_LOT_CHECK_TYPE(MessageStored);
  PARKING_LOT_CHECK_TYPE(MessagesDropped);
  PARKING_LOT_CHECK_TYPE(StoreRestored);
  PARKING_LOT_CHECK_TYPE(WatermarkRestored);
  PARKING_LOT_CHECK_TYPE(MessageRestored);
#undef PARKING_LOT_CHECK_TYPE
#define PARKING_LOT_CHECK_TYPE(Fact) check_type(RecordFormat<garage::Fact>::type, #Fact)
  PARKING_LOT_CHECK_TYPE(GarageOpened);
  PARKING_LOT_CHECK_TYPE(ZoneChanged);
  PARKING_LOT_CHECK_TYPE(AllocationChanged);
  PARKING_LOT_CHECK_TYPE(TicketOpened);
  PARKING_LOT_CHECK_TYPE(PlaceTaken);
  PARKING_LOT_CHECK_TYPE(PlaceLeft);
  PARKING_LOT_CHECK_TYPE(SpotsReserved);
  PARKING_LOT_CHECK_TYPE(ReservationEnded);
  PARKING_LOT_CHECK_TYPE(TicketValidated);
  PARKING_LOT_CHECK_TYPE(TicketPaid);
  PARKING_LOT_CHECK_TYPE(TicketClosed);
  PARKING_LOT_CHECK_TYPE(TicketCorrected);
  PARKING_LOT_CHECK_TYPE(TicketOverridden);
  PARKING_LOT_CHECK_TYPE(MoneyRefunded);
  PARKING_LOT_CHECK_TYPE(PermitGranted);
  PARKING_LOT_CHECK_TYPE(EntriesRefused);
  PARKING_LOT_CHECK_TYPE(PermitRevoked);
  PARKING_LOT_CHECK_TYPE(VehicleErased);
  PARKING_LOT_CHECK_TYPE(OperatorErased);
  PARKING_LOT_CHECK_TYPE(GarageRestored);
  PARKING_LOT_CHECK_TYPE(DayRestored);
  PARKING_LOT_CHECK_TYPE(TicketRestored);
  PARKING_LOT_CHECK_TYPE(PlaceRestored);
  PARKING_LOT_CHECK_TYPE(ReservationRestored);
  PARKING_LOT_CHECK_TYPE(PermitRestored);
#undef PARKING_LOT_CHECK_TYPE
}
