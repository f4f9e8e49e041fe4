#include <type_traits>
#include <variant>

#include "garage/garage_machine.h"
#include "garage/trusted.h"

/// Durable watermarks, failed writes, journals and checkpoints of a garage.
namespace parking_lot {

using namespace garage;

namespace {

constexpr std::size_t first_state = garage::Fact(GarageRestored{}).index();

bool is_state_of_garage(const garage::Fact& fact) { return fact.index() >= first_state; }

}  // namespace

void Garage::Machine::take(const garage::Persisted& input) {
  if (stream.state() != StreamState::open) return;
  stream.persisted(input.through);
  outbox_.release(0, stream.durable_through());
}

void Garage::Machine::take(const garage::PersistFailed&) {
  if (!stream.is_durable() || stream.state() != StreamState::open) return;
  outbox_.withdraw(0, [&](const garage::Effect& effect) {
    if (const auto* reply = std::get_if<garage::Reply>(&effect))
      refuse(reply->request, garage::Refusal::unconfirmed);
    return true;
  });
  parking.visit_waiting([&](const LanePlace& place) { refuse(place.request, garage::Refusal::unconfirmed); });
  parking.clear();
  stream.failed();
  if (listening == Listening::changes) outbox_.push(Changed{Changed::What::storage, {}, SpotState::free});
}

void Garage::Machine::take(const garage::Recovered& input) {
  if (!stream.is_durable() || stream.state() == StreamState::open || input.records.empty()) return;
  const garage::Record& first = input.records.front();
  const bool starts_anew = std::holds_alternative<GarageRestored>(first.fact) ||
                           (!is_state_of_garage(first.fact) && first.sequence <= stream.sequence());
  if (stream.state() == StreamState::failed || starts_anew) {
    parking.clear();
    stream.reloading();
    ignored_records_ = 0;
    is_merging_ = false;
  }
  for (const garage::Record& each : input.records) {
    const bool begins = std::holds_alternative<GarageRestored>(each.fact);
    if (!is_state_of_garage(each.fact) || begins) {
      if (each.sequence <= stream.sequence() && stream.sequence() != 0) continue;
      stream.replayed(each.sequence, sane(each.at));
      if (begins) is_merging_ = true;
    }
    const Stamp stamp{each.sequence, stream.last_at()};
    const bool is_applied =
        std::visit([&](const auto& fact) { return parking.apply(fact, stamp); }, each.fact);
    if (!is_applied && !is_merging_) ++ignored_records_;
  }
  stream.set_incarnation(parking.incarnation);
}

void Garage::Machine::take(const garage::RecoveryDone&) {
  if (!stream.is_durable() || stream.state() == StreamState::open) return;
  if (stream.state() == StreamState::failed) stream.reloading();
  parking.recovered();
  stream.opened();
  open_stream();
  if (listening == Listening::changes) outbox_.push(Changed{Changed::What::storage, {}, SpotState::free});
}

CheckpointPlace Garage::Machine::checkpoint(CheckpointPlace from, std::uint32_t limit,
                                            std::vector<garage::Record>& records) const {
  if (!stream.is_durable() || stream.state() != StreamState::open) return no_checkpoint;
  return parking.checkpoint(from, limit, {stream.sequence(), stream.last_at()}, records);
}

}  // namespace parking_lot
