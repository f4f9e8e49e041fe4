#pragma once

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "parking_lot/garage/garage.h"

namespace parking_lot::garage {

/// Records that outlive the garage which wrote them.
class GarageJournal {
 public:
  void append(std::span<const Record> records) {
    for (const Record& record : records) records_.push_back(own(record));
  }
  Record own(Record record) {
    const auto keep = [this](std::string_view text) { return std::string_view(texts_.emplace_back(text)); };
    std::visit(
        [&](auto& fact) {
          keep_texts(fact, keep);
          if constexpr (requires { fact.offsets; })
            fact.offsets = offsets_.emplace_back(fact.offsets.begin(), fact.offsets.end());
        },
        record.fact);
    return record;
  }
  void cut(std::uint64_t through) {
    while (!records_.empty() && records_.back().sequence > through) records_.pop_back();
  }
  const std::vector<Record>& records() const { return records_; }

 private:
  std::vector<Record> records_;
  std::deque<std::string> texts_;
  std::deque<ZoneOffsets> offsets_;
};

/// A garage with hands: every command returns its answer; writes become durable at once unless told
/// otherwise.
class DrivenGarage {
 public:
  explicit DrivenGarage(GarageConfig config, Now from = {WallTime{1'790'000'000'000}, SteadyTime{0}})
      : now(from), garage(Garage::open(config, now, Entropy{1, 2})) {
    if (garage.is_durable()) feed(RecoveryDone{});
  }

  void feed(const Input& input) {
    garage.handle(now, input);
    drain();
  }
  void drain() {
    for (bool is_quiet = false; !is_quiet;) {
      is_quiet = true;
      while (const Effect* effect = garage.poll()) hear(*effect);
      if (persists && journal.records().size() > told_) {
        told_ = journal.records().size();
        garage.handle(now, Persisted{journal.records().back().sequence});
        is_quiet = false;
      }
    }
  }

  /// The answer to a command, if it has come.
  template <class A, class Command>
  std::optional<A> ask(Command command) {
    command.request = ++last_request;
    feed(command);
    return answer<A>(last_request);
  }
  template <class A>
  std::optional<A> answer(RequestId request) const {
    const auto found = answers.find(request);
    if (found == answers.end() || !std::holds_alternative<A>(found->second)) return std::nullopt;
    return std::get<A>(found->second);
  }
  /// The code with which a command is refused, if it is.
  template <class Command>
  std::optional<Refusal> refusal(Command command) {
    const auto refused = ask<Refused>(std::move(command));
    return refused ? std::optional(refused->code) : std::nullopt;
  }

  std::optional<Admitted> enter(std::string_view plate, VehicleSize size = VehicleSize::medium) {
    Enter command;
    command.vehicle.plate = plate;
    command.vehicle.size = size;
    return ask<Admitted>(command);
  }
  std::optional<Left> exit(std::string_view plate,
                           Exit::Settlement settlement = Exit::Settlement::paid_here) {
    Exit command;
    command.ticket.plate = plate;
    command.settlement = settlement;
    return ask<Left>(command);
  }
  TicketView ticket(TicketId id) {
    InspectTicket command;
    command.ticket.id = id;
    feed_with_request(command);
    return shown;
  }
  template <class Command>
  void feed_with_request(Command command) {
    command.request = ++last_request;
    feed(command);
  }

  void advance(Duration length) {
    now.wall = now.wall + length;
    now.steady = now.steady + length;
    feed(Tick{});
  }

  Now now;
  Garage garage;
  GarageJournal journal;
  bool persists = true;
  RequestId last_request = 0;
  std::map<RequestId, Answer> answers;
  std::vector<std::pair<RequestId, Answer>> heard;
  std::vector<Changed> changes;
  TicketView shown;
  Quote priced;
  std::vector<Disagreement> disagreements;

 private:
  void hear(const Effect& effect) {
    if (const auto* write = std::get_if<Write>(&effect)) journal.append(write->records);
    if (const auto* changed = std::get_if<Changed>(&effect)) changes.push_back(*changed);
    const auto* reply = std::get_if<Reply>(&effect);
    if (reply == nullptr) return;
    answers[reply->request] = reply->answer;
    heard.emplace_back(reply->request, reply->answer);
    if (const auto* view = std::get_if<TicketShown>(&reply->answer)) {
      shown = *view->ticket;
      plate_ = shown.plate;
      shown.plate = plate_;
    }
    if (const auto* price = std::get_if<Priced>(&reply->answer)) priced = *price->quote;
    if (const auto* found = std::get_if<Reconciled>(&reply->answer)) disagreements = *found->disagreements;
  }

  std::size_t told_ = 0;
  std::string plate_;
};

}  // namespace parking_lot::garage
