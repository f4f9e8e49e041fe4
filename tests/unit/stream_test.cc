#include "stream.h"

#include <catch2/catch.hpp>

#include "parking_lot/record.h"

using namespace parking_lot;

TEST_CASE("everything in a volatile stream counts as durable") {
  Stream<Record> stream(Keeping::kept_volatile);
  CHECK(stream.state() == StreamState::open);
  stream.advance(WallTime{5});
  CHECK(stream.sequence() == 1);
  CHECK(stream.durable_through() == 1);
  CHECK(stream.unpersisted() == 0);
}

TEST_CASE("a durable stream begins in loading and its watermark only rises, never beyond the last record") {
  Stream<Record> stream(Keeping::kept_durable);
  CHECK(stream.state() == StreamState::loading);
  stream.opened();
  for (int i = 0; i < 5; ++i) stream.advance(WallTime{1});
  CHECK(stream.unpersisted() == 5);
  stream.persisted(3);
  stream.persisted(2);
  CHECK(stream.durable_through() == 3);
  stream.persisted(99);
  CHECK(stream.durable_through() == 5);
}

TEST_CASE("the time of records never goes back, also after a replay") {
  Stream<Record> stream(Keeping::kept_durable);
  stream.replayed(7, WallTime{500});
  CHECK(stream.sequence() == 7);
  CHECK(stream.durable_through() == 7);
  CHECK(stream.advance(WallTime{100}).ms == 500);
  CHECK(stream.advance(WallTime{600}).ms == 600);
  CHECK(stream.advance(WallTime{550}).ms == 600);
}

TEST_CASE("a failed stream loses its batch and is read anew from the beginning") {
  Stream<Record> stream(Keeping::kept_durable);
  stream.opened();
  stream.append(Record{1, WallTime{1}, TaskDelivered{1}});
  stream.failed();
  CHECK(stream.state() == StreamState::failed);
  CHECK(stream.batch().empty());
  stream.reloading();
  CHECK(stream.state() == StreamState::loading);
  CHECK(stream.sequence() == 0);
}

TEST_CASE("texts kept for a write stay valid until the next handle") {
  Stream<Record> stream(Keeping::kept_durable);
  std::string text = "a name that is long enough to be allocated";
  const std::string_view kept = stream.keep_text(text);
  for (int i = 0; i < 1000; ++i) stream.keep_text("another");
  text.assign(text.size(), 'x');
  CHECK(kept == "a name that is long enough to be allocated");
  CHECK(stream.keep_text("").empty());
}
