#pragma once

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "garage/parking_manager.h"
#include "outbox.h"
#include "parking_lot/check.h"
#include "parking_lot/garage/garage.h"
#include "stream.h"

namespace parking_lot {

/// What lies behind `Garage`: one handler for each input. garage.cc has the dispatch and the lane,
/// entering.cc, leaving.cc, operating.cc and erasing.cc the commands, garage_recovery.cc journals.
class Garage::Machine {
 public:
  Machine(const garage::GarageConfig& garage_config, Now now, Entropy entropy);

  void handle(Now now, std::span<const garage::Input> inputs);
  const garage::Effect* poll() { return outbox_.pop(); }
  std::optional<SteadyTime> next_deadline() const;
  CheckpointPlace checkpoint(CheckpointPlace from, std::uint32_t limit,
                             std::vector<garage::Record>& records) const;
  GarageFigures figures() const;
  std::vector<garage::DayFigures> days() const;

  const garage::GarageConfig config;
  garage::ParkingManager parking;
  Stream<garage::Record> stream;
  Listening listening = Listening::answers;

 private:
  // entering.cc
  void take(const garage::Enter& input);
  void take(const garage::LeaveLane& input);
  void take(const garage::Reserve& input);
  void take(const garage::CancelReservation& input);
  std::uint64_t admit(RequestId request, const garage::Arrival& arrival, garage::SpotRange spots,
                      std::uint64_t place, std::uint64_t reservation);
  void let_in(std::uint32_t place);
  void wait(const garage::Enter& input, const garage::Arrival& arrival);
  void turn_away(RequestId request, garage::Refusal code, std::string_view field = {});
  bool is_vehicle(RequestId request, const garage::Vehicle& vehicle, std::string_view plate_field = "plate");
  bool is_wish(RequestId request, garage::Features wanted, garage::SpotId spot, std::uint64_t if_version);
  /// `known`: the vehicle's slot, or `no_slot`.
  garage::Arrival arrival_of(const garage::Vehicle& vehicle, std::uint32_t known, garage::Features wanted,
                             int gate, int tariff);
  /// The spots for an arrival: the one that was named, else the best. `count` 0: refused already.
  garage::SpotRange spots_for(RequestId request, const garage::Need& need, int gate, garage::SpotId spot,
                              std::uint64_t if_version);

  // leaving.cc
  void take(const garage::Validate& input);
  void take(const garage::Pay& input);
  void take(const garage::Exit& input);
  void take(const garage::InspectTicket& input);
  void take(const garage::AskPrice& input);
  void take(const garage::AskQuote& input);
  garage::Money price_of(const garage::Ticket& ticket, WallTime exit, garage::Quote& quote) const;

  // operating.cc
  void take(const garage::ReportLost& input);
  void take(const garage::Correct& input);
  void take(const garage::Override& input);
  void take(const garage::Refund& input);
  void take(const garage::GrantPermit& input);
  void take(const garage::RevokePermit& input);
  void take(const garage::SetAllocation& input);
  void take(const garage::ZoneKnown& input);
  void take(const garage::Reconcile& input);

  // erasing.cc
  void take(const garage::Erase& input);

  // garage_recovery.cc
  void take(const garage::Recovered& input);
  void take(const garage::RecoveryDone& input);
  void take(const garage::Persisted& input);
  void take(const garage::PersistFailed& input);
  void open_stream();

  void take(const garage::Tick&) {}
  void expect(const garage::Input& input) const;
  void run_timers();
  void let_in_all();
  void switch_allocation();
  void write_refusals();

  /// Refuses a command if the stream takes none, or if the zone must be known and is not.
  enum class Wants : std::uint8_t { stream, zone };
  bool is_refused(RequestId request, Wants wants = Wants::stream);
  bool is_person(RequestId request, std::string_view by, std::string_view reason);
  /// The slot of a ticket that is open and has this version; `no_slot`: refused already.
  std::uint32_t open_ticket(RequestId request, const garage::TicketName& name, std::uint64_t if_version);
  void refuse(RequestId request, garage::Refusal code, std::string_view field = {}, garage::Money due = 0);
  /// `invalid_request`: what the field must be instead.
  void refuse_field(RequestId request, std::string_view field, std::string_view must);
  /// Answers once the record with this number is durable.
  template <class A>
  void answer_after(std::uint64_t sequence, RequestId request, const A& answer) {
    if (sequence > stream.durable_through()) return answer_after(sequence, request, answer, nullptr);
    if (request == 0) return;
    // In its place at once: a copy of what was just written member by member waits until the writes are done.
    auto& reply = outbox_.push().template emplace<garage::Reply>();
    reply.request = request;
    reply.answer.template emplace<A>(answer);
  }
  void answer_after(std::uint64_t sequence, RequestId request, const garage::Answer& answer,
                    std::shared_ptr<const void> body);
  void show(std::uint64_t sequence, garage::SpotRange spots, garage::SpotState state);
  void show(std::uint64_t sequence, garage::Changed::What what);

  /// Numbers a fact, applies it, and keeps it for the write.
  template <class F>
  std::uint64_t emit(const F& fact) {
    PARKING_LOT_CHECK(stream.state() == StreamState::open);
    const WallTime at = stream.advance(now_.wall);
    const garage::Stamp stamp{stream.sequence(), at};
    PARKING_LOT_CHECK(parking.apply(fact, stamp));
    if (stream.is_durable()) {
      F kept = fact;
      const auto keep = [this](std::string_view text) { return stream.keep_text(text); };
      garage::keep_texts(kept, keep);
      if constexpr (requires { kept.offsets; })
        kept.offsets = kept_offsets_.emplace_back(kept.offsets.begin(), kept.offsets.end());
      stream.append(garage::Record{stamp.sequence, at, kept});
    }
    return stamp.sequence;
  }

  Entropy entropy_;
  Now now_;
  std::uint64_t ignored_records_ = 0;
  bool is_merging_ = false;  ///< the journal began with a checkpoint: records may speak of what comes later
  Outbox<garage::Effect> outbox_;
  std::deque<garage::ZoneOffsets> kept_offsets_;
  std::vector<std::pair<garage::Refusal, std::uint32_t>> refusals_;  // not written yet
  WallTime refusals_written_at_{0};
  mutable garage::Quote quote_;
};

}  // namespace parking_lot
