#include "parking_lot/record_codec.h"

#include <catch2/catch.hpp>
#include <initializer_list>
#include <string>

#include "unit/random_garage_records.h"

using namespace parking_lot;
using records::RandomFacts;
using records::same;

namespace {

constexpr WallTime noon{1'767'268'800'000};

template <class AnyRecord>
constexpr std::size_t facts_of = std::variant_size_v<decltype(AnyRecord::fact)>;

// Positions of the first state record in the variants: those after it are state, too.
template <class AnyRecord>
constexpr std::size_t first_state = std::is_same_v<AnyRecord, Record>           ? 15
                                    : std::is_same_v<AnyRecord, garage::Record> ? 19
                                                                                : 3;
static_assert(std::is_same_v<std::variant_alternative_t<15, Fact>, PoolRestored>);
static_assert(std::is_same_v<std::variant_alternative_t<3, mailbox::Fact>, mailbox::StoreRestored>);
static_assert(std::is_same_v<std::variant_alternative_t<19, garage::Fact>, garage::GarageRestored>);

template <class AnyRecord>
struct Decoder {
  DecodedRecords<AnyRecord> kept;
  Result<void> decode(ByteView bytes, const RecordsFrame& frame) {
    return decode_records(bytes, frame, kept);
  }
  const std::vector<AnyRecord>& list() const { return kept.records; }
};
using PoolDecoder = Decoder<Record>;

template <class AnyRecord>
RecordsFrame frame_of(const std::vector<AnyRecord>& list, WallTime time, Numbering numbering) {
  return {list.front().sequence, numbering, time, static_cast<std::uint32_t>(list.size())};
}

/// Records of the fact at `position`, with any fields and times around `time`.
template <class AnyRecord>
std::vector<AnyRecord> some_records(RandomFacts& random, std::size_t position, WallTime time) {
  const bool are_state = position >= first_state<AnyRecord>;
  std::vector<AnyRecord> list;
  const std::uint64_t first = 1 + random.below(std::uint64_t{1} << random.below(60));
  for (std::uint64_t i = 0; i < 3; ++i) {
    AnyRecord record;
    record.sequence = first + (are_state ? 0 : i);
    record.at = random.below(2) == 0 ? time : WallTime{random.time()};
    record.fact = random.template fact<decltype(record.fact)>(position);
    list.push_back(record);
  }
  return list;
}

template <class AnyRecord>
void check_round_trips() {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    RandomFacts random(seed);
    for (std::size_t position = 0; position < facts_of<AnyRecord>; ++position) {
      INFO("seed " << seed << ", fact " << position);
      const WallTime time{random.time()};
      const auto list = some_records<AnyRecord>(random, position, time);
      const Numbering numbering = position >= first_state<AnyRecord> ? Numbering::same : Numbering::dense;
      Bytes bytes;
      encode_records(std::span<const AnyRecord>(list), time, bytes);

      Decoder<AnyRecord> decoder;
      const auto decoded = decoder.decode(bytes, frame_of(list, time, numbering));
      if (!decoded) FAIL(decoded.error().where << ": " << decoded.error().message);
      REQUIRE(decoder.list().size() == list.size());
      for (std::size_t i = 0; i < list.size(); ++i) REQUIRE(same(decoder.list()[i], list[i]));
    }
  }
}

template <class AnyRecord>
void check_truncations() {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    RandomFacts random(seed);
    for (std::size_t position = 0; position < facts_of<AnyRecord>; ++position) {
      INFO("seed " << seed << ", fact " << position);
      const auto list = some_records<AnyRecord>(random, position, noon);
      const Numbering numbering = position >= first_state<AnyRecord> ? Numbering::same : Numbering::dense;
      Bytes bytes;
      encode_records(std::span<const AnyRecord>(list), noon, bytes);
      for (std::size_t length = 0; length < bytes.size(); ++length) {
        // A copy of this length: a read beyond it is one that sanitizers see.
        const Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
        Decoder<AnyRecord> decoder;
        REQUIRE_FALSE(decoder.decode(cut, frame_of(list, noon, numbering)));
      }
    }
  }
}

Bytes encoded(const Fact& fact) {
  const Record record{1, noon, fact};
  Bytes bytes;
  encode_records(std::span(&record, 1), noon, bytes);
  return bytes;
}

/// Why bytes of one record, the hundredth of a pool's stream, are refused; "" if they are not.
std::string refusal(std::initializer_list<std::uint8_t> bytes, Numbering numbering = Numbering::dense) {
  PoolDecoder decoder;
  const Bytes copy(bytes);
  const auto decoded = decoder.decode(copy, {100, numbering, noon, 1});
  return decoded ? "" : decoded.error().where + ": " + decoded.error().message;
}

void check_newer(const std::string& text, const std::string& what) {
  CHECK_THAT(text, Catch::Contains("newer version") && Catch::Contains(what));
}

}  // namespace

TEST_CASE("every fact of a pool reads back as it was written, whatever its fields are") {
  check_round_trips<Record>();
}

TEST_CASE("every fact of a mailbox reads back as it was written, whatever its fields are") {
  check_round_trips<mailbox::Record>();
}

TEST_CASE("every fact of a garage reads back as it was written, whatever its fields are") {
  check_round_trips<garage::Record>();
}

TEST_CASE("records of a garage that end too early are refused at every byte") {
  check_truncations<garage::Record>();
}

TEST_CASE("records of a pool that end too early are refused at every byte") { check_truncations<Record>(); }

TEST_CASE("records of a mailbox that end too early are refused at every byte") {
  check_truncations<mailbox::Record>();
}

TEST_CASE("absent fields take no bytes") {
  CHECK(encoded(TaskDelivered{.admission = 5}) == Bytes{11, 2, 0, 5});
  CHECK(encoded(TaskParked{.admission = 5}) == Bytes{4, 2, 0, 5});
  TaskFinished finished;
  finished.admission = 5;
  CHECK(encoded(finished) == Bytes{9, 2, 0, 5});
  CHECK(encoded(TaskStarted{.admission = 300, .lease = {2, 7}, .executor = 1, .attempt = 1}) ==
        Bytes{5, 6, 4, 0xac, 0x02, 2, 7, 1});
  TaskAdmitted admitted;
  admitted.admission = 5;
  admitted.incarnation = 2;
  admitted.tenant = "a";
  admitted.units = 4;
  CHECK(encoded(admitted) == Bytes{3, 7, 0x28, 5, 2, 4, 'a', 0, 4});
}

TEST_CASE("texts are views of the bytes, and lists of numbers stay while records are added") {
  const std::uint64_t incarnations[] = {3, 4, 900};
  const Record state[] = {
      {9, noon, PoolRestored{.incarnations = incarnations, .settings = {}}},
      {9, noon, PoolRestored{.incarnations = std::span(incarnations).first(1), .settings = {}}}};
  Bytes bytes;
  encode_records(std::span<const Record>(state), noon, bytes);
  PoolRecords out;
  for (int i = 0; i < 100; ++i) REQUIRE(decode_records(bytes, {9, Numbering::same, noon, 2}, out));
  for (std::size_t i = 0; i < out.records.size(); ++i) REQUIRE(same(out.records[i], state[i % 2]));

  const Bytes rejected = encoded(TaskRejected{.code = Refusal::queue_full, .task_id = "job", .tenant = {}});
  out.clear();
  REQUIRE(decode_records(rejected, {1, Numbering::dense, noon, 1}, out));
  const char* const text = std::get<TaskRejected>(out.records[0].fact).task_id.data();
  CHECK(text == reinterpret_cast<const char*>(rejected.data()) + rejected.size() - 3);
}

TEST_CASE("what only a newer version can have written is refused in such words") {
  check_newer(refusal({99, 1, 0}), "a type that this version does not know");
  check_newer(refusal({0xe4, 0x01, 1, 0}), "a type that this version does not know");
  check_newer(refusal({23, 1, 0}), "a type that this version does not know");
  check_newer(refusal({11, 2, 4, 5}), "fields that this version does not know");
  check_newer(refusal({2, 2, 0, 4}), "a word that this version does not know");
  check_newer(refusal({13, 5, 4, 6, 9, 0, 0}), "a sealed name");
  check_newer(refusal({13, 5, 4, 6, 10, 0, 0}), "a name kept in a way");
  check_newer(refusal({8, 5, 4, 5, 3, 'x', 9}), "a cost of several resources");
  check_newer(refusal({8, 4, 4, 5, 1, 9}), "a cost of several resources");
  check_newer(refusal({11, 4, 0, 5, 7, 0}), "an extension");
}

TEST_CASE("a link to an earlier record and an extension that may be skipped are read over") {
  CHECK(refusal({11, 3, 2, 99, 5}) == "");
  CHECK(refusal({11, 7, 0, 5, 8, 3, 1, 2, 3}) == "");
  CHECK(refusal({11, 9, 0, 5, 8, 1, 1, 6, 0, 4, 0}) == "");
}

TEST_CASE("malformed records are refused, and the place is told") {
  CHECK(refusal({11, 2, 0, 5}) == "");
  CHECK(refusal({0, 1, 0}) == "byte 2: Record 100 is damaged: its type is 0.");
  CHECK(refusal({11, 3, 2, 100, 5}) == "byte 4: Record 100 is damaged: its link leads to no earlier record.");
  CHECK(refusal({11, 3, 2, 0, 5}) == "byte 4: Record 100 is damaged: its link leads to no earlier record.");
  CHECK(refusal({11, 3, 1, 0, 5}) == "byte 4: Record 100 is damaged: its own time is the frame's.");
  CHECK(refusal({11, 3, 0, 0x85, 0}) == "byte 5: Record 100 is damaged: a number is longer than it need be.");
  CHECK(refusal({12, 7, 0, 5, 0x80, 0x80, 0x80, 0x80, 0x10}) ==
        "byte 9: Record 100 is damaged: a number is too large.");
  CHECK(refusal({11, 12, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0}) ==
        "byte 13: Record 100 is damaged: a number is too large.");
  CHECK(refusal({11, 12, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x81, 0}) ==
        "byte 13: Record 100 is damaged: a number is too large.");
  CHECK(refusal({13, 4, 4, 6, 40, 'a'}) == "byte 5: Record 100 is damaged: a length goes beyond its end.");
  CHECK(refusal({13, 3, 4, 6, 0}) ==
        "byte 5: Record 100 is damaged: a field has the value for which it is left out.");
  CHECK(refusal({11, 1, 0}) == "byte 3: Record 100 is damaged: it ends within a number.");
  CHECK(refusal({13, 4, 4, 6, 8, 'a'}) == "byte 5: Record 100 is damaged: a length goes beyond its end.");
  CHECK(refusal({11, 3, 0, 5}) == "byte 2: Record 100 is damaged: a length goes beyond its end.");
  CHECK(refusal({11, 9, 0, 5}) == "byte 2: Record 100 is damaged: a length goes beyond its end.");
  CHECK(refusal({11, 2, 0, 5, 0}) == "byte 4: Further bytes follow the last record: the count is damaged.");
  CHECK(refusal({33, 1, 0}) == "byte 2: Record 100 is damaged: it belongs to a stream of another kind.");
  CHECK(refusal({48, 2, 0, 5}) == "byte 2: Record 100 is damaged: it belongs to a stream of another kind.");
  CHECK(refusal({11, 2, 0, 5}, Numbering::same) ==
        "byte 2: Record 100 is damaged: state and events stand in frames of their own.");
  CHECK(refusal({26, 5, 0, 5, 1, 2, 0}) ==
        "byte 2: Record 100 is damaged: state and events stand in frames of their own.");
}

TEST_CASE("records before a damaged one are given") {
  const Bytes bytes = {11, 2, 0, 5, 11, 2, 0, 6, 0, 1, 0};
  PoolRecords out;
  const auto decoded = decode_records(bytes, {7, Numbering::dense, noon, 3}, out);
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().where == "byte 10");
  REQUIRE(out.records.size() == 2);
  CHECK(out.records[1].sequence == 8);
}

TEST_CASE("numbers of records that begin with 0 or go beyond 64 bits are refused") {
  PoolRecords out;
  const Bytes bytes = {11, 2, 0, 5, 11, 2, 0, 6};
  CHECK_FALSE(decode_records(bytes, {0, Numbering::dense, noon, 2}, out));
  CHECK_FALSE(decode_records(bytes, {~std::uint64_t{0}, Numbering::dense, noon, 2}, out));
  CHECK(out.records.empty());
}
