#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/garage/garage.h"
#include "parking_lot/record_codec.h"

namespace parking_lot::scenario {

/// The lines of a script that begin with `garage`: one garage with clocks and a journal of its own.
///
///     garage config {"levels": …, "tariffs": …}    opens it
///     garage {"do": "enter", "plate": "B-1"}       a command; prints what is written and answered
///     garage advance 90m
///     garage figures                               and: spots, days
///     garage checkpoint                            state that the next crash goes on from
///     garage crash                                 reads it back from the bytes of its journal
///
/// Its journal is encoded as in a store and durable at once.
class GarageScript {
 public:
  /// Carries a line out, without its first word. Returns what is wrong with it; empty: nothing.
  std::string execute(std::string_view line);
  std::vector<std::string> take_lines();

 private:
  std::string open(std::string_view config);
  std::string feed(std::string_view command);
  std::string advance(std::string_view length);
  std::string show(std::string_view what);
  std::string crash();
  void checkpoint();
  void drain();
  void keep(std::span<const garage::Record> records);
  std::string recover(ByteView bytes, const RecordsFrame& frame);
  void trace(std::string text);

  std::optional<garage::GarageConfig> config_;
  std::optional<Garage> garage_;
  Now now_{WallTime{1'767'268'800'000}, SteadyTime{0}};
  std::uint64_t incarnation_ = 0;

  Bytes events_;
  std::uint32_t event_count_ = 0;
  std::uint64_t first_event_ = 1;
  Bytes state_;
  std::uint32_t state_count_ = 0;
  std::vector<std::string> lines_;
};

}  // namespace parking_lot::scenario
