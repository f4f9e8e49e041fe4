#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "parking_lot/garage/record.h"
#include "parking_lot/types.h"

/// What comes out of a garage. An effect is yielded only after everything that it rests on is durable. Views
/// and pointers are valid until the next `handle`.
namespace parking_lot::garage {

/// Make these records durable, atomically and in order; then report `Persisted` or `PersistFailed`.
struct Write {
  std::span<const Record> records;
};

// --- answers ---

/// The barrier opens.
struct Admitted {
  std::uint64_t ticket = 0;
  TicketId id;
  SpotRange spots;
  std::uint16_t surge_percent = 100;
  std::uint64_t version = 0;
};
/// No spot is free: the vehicle has a place in the lane, and this request is answered once more.
struct Waiting {
  std::uint64_t place = 0;
  std::uint64_t ahead = 0;  ///< vehicles that leave the lane before it, of those with the same needs
};
struct Reserved {
  std::uint64_t reservation = 0;
  SpotRange spots;
  WallTime until;
  std::uint64_t version = 0;
};
/// The vehicle may go.
struct Left {
  std::uint64_t ticket = 0;
  TicketId id;
  Money price = 0;
  Money paid_here = 0;
  WallTime exit;
};
struct Paid {
  Money due = 0;         ///< still
  WallTime leave_by{0};  ///< 0: something is still due
  std::uint64_t version = 0;
};
struct Priced {
  Money due = 0;  ///< the amount less what was paid, at least 0
  const Quote* quote = nullptr;
};
struct Done {
  std::uint64_t version = 0;
};
struct Refused {
  Refusal code = Refusal::invalid_request;
  std::string_view field;  ///< of the command, where one is to blame; with `in_use` what stands (static text)
  Money due = 0;           ///< with `payment_required` and `overpaid`
  std::string_view must{};  ///< with `invalid_request` what the field must be (static text)

  /// What to tell people.
  std::string_view message() const { return must.empty() ? sentence(code) : must; }
};
struct TicketShown {
  const TicketView* ticket = nullptr;
};

struct Disagreement {
  enum class What : std::uint8_t {
    occupied_without_ticket,  ///< seen occupied, but free or reserved here
    ticket_without_vehicle,   ///< a ticket stands on it, but nobody saw a vehicle
    ticket_without_spot,      ///< its spot is no longer in the config
  };
  SpotId spot;
  What what = What::occupied_without_ticket;
  std::uint64_t ticket = 0;
};
struct Reconciled {
  const std::vector<Disagreement>* disagreements = nullptr;
};

using Answer =
    std::variant<Admitted, Waiting, Reserved, Left, Paid, Priced, Done, Refused, TicketShown, Reconciled>;

struct Reply {
  RequestId request = 0;
  Answer answer;
};

/// Something that a picture of the garage shows: a spot's state, or another strategy.
struct Changed {
  enum class What : std::uint8_t { spots, lane, allocation, storage };
  What what = What::spots;
  SpotRange spots;
  SpotState state = SpotState::free;
};

using Effect = std::variant<Write, Reply, Changed>;

}  // namespace parking_lot::garage
