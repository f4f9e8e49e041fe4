#include "scenario/garage_script.h"

#include <utility>

#include "parking_lot/garage/json.h"
#include "scenario/arguments.h"

namespace parking_lot::scenario {
namespace {

/// All times in a journal of a script are told relative to this one.
constexpr WallTime frame_time{1'767'268'800'000};
constexpr std::uint32_t records_of_a_step = 100;

std::string described(const Error& error) {
  return error.where.empty() ? error.message : error.where + ": " + error.message;
}

}  // namespace

void GarageScript::trace(std::string text) {
  lines_.push_back("[+" + duration_text(Duration{now_.steady.ms}) + "] " + std::move(text));
}

std::vector<std::string> GarageScript::take_lines() { return std::exchange(lines_, {}); }

std::string GarageScript::execute(std::string_view line) {
  const std::size_t space = line.find(' ');
  const std::string_view verb = line.substr(0, space);
  const std::string_view rest =
      space == std::string_view::npos ? std::string_view() : trimmed(line.substr(space));
  if (verb == "config") return open(rest);
  if (!garage_) return "no garage is open: 'garage config {…}' comes first";
  if (line.starts_with('{')) return feed(line);
  if (verb == "advance") return advance(rest);
  if (verb == "crash") return crash();
  if (verb == "figures" || verb == "spots" || verb == "days") return show(verb);
  if (verb != "checkpoint") return "there is no command 'garage " + std::string(verb) + "'";
  checkpoint();
  return {};
}

std::string GarageScript::open(std::string_view config) {
  const std::string whole = R"({"garages": {"g": )" + std::string(config) + "}}";
  const garage::ParsedGarages parsed =
      garage::parse_garages(whole, [](std::string_view) { return std::nullopt; });
  if (!parsed.ok()) return "config: " + parsed.issues.front().path + ": " + parsed.issues.front().message;
  config_ = parsed.garages.front();
  config_->storage.kind = StorageKind::file;
  events_.clear();
  state_.clear();
  event_count_ = state_count_ = 0;
  first_event_ = 1;
  garage_.emplace(Garage::open(*config_, now_, Entropy{++incarnation_, 2}));
  garage_->handle(now_, garage::RecoveryDone{});
  drain();
  return {};
}

void GarageScript::keep(std::span<const garage::Record> records) {
  encode_records(records, frame_time, events_);
  event_count_ += static_cast<std::uint32_t>(records.size());
  for (const garage::Record& record : records) trace("write " + garage::event_json("g", record));
}

void GarageScript::drain() {
  std::uint64_t written = 0;
  do {
    written = 0;
    while (const garage::Effect* effect = garage_->poll()) {
      if (const auto* write = std::get_if<garage::Write>(effect)) {
        keep(write->records);
        written = write->records.back().sequence;
      } else if (const auto* reply = std::get_if<garage::Reply>(effect)) {
        trace("answer " + garage::answer_json(*garage_, reply->answer));
      }
    }
    if (written != 0) garage_->handle(now_, garage::Persisted{written});
  } while (written != 0);
}

std::string GarageScript::feed(std::string_view json) {
  const auto command = garage::parse_garage_command(json, *garage_, now_.wall);
  if (!command) return described(command.error());
  garage_->handle(now_, command->input(1));
  drain();
  return {};
}

/// Stops wherever the garage wants a tick.
std::string GarageScript::advance(std::string_view length) {
  const auto duration = parse_duration(length);
  if (!duration) return "'garage advance' wants a length, like 90m";
  const WallTime end = now_.wall + *duration;
  while (now_.wall < end) {
    const auto due = garage_->next_deadline();
    Duration step = end - now_.wall;
    if (due && *due - now_.steady < step) step = *due - now_.steady;
    if (step.ms < 1) step = Duration{1};
    now_ = {now_.wall + step, now_.steady + step};
    garage_->handle(now_, garage::Tick{});
    drain();
  }
  return {};
}

std::string GarageScript::show(std::string_view what) {
  if (what == "figures") trace(garage::figures_json(*garage_));
  if (what == "days") trace(garage::days_json(*garage_));
  if (what == "spots") {
    for (std::uint32_t i = 0; i < garage_->spot_count(); ++i)
      trace(garage::spot_json(*garage_, garage::SpotId{i}));
  }
  return {};
}

void GarageScript::checkpoint() {
  std::vector<garage::Record> records;
  for (CheckpointPlace place = 0; place != end_of_checkpoint;)
    place = garage_->checkpoint(place, records_of_a_step, records);
  state_.clear();
  encode_records(records, frame_time, state_);
  state_count_ = static_cast<std::uint32_t>(records.size());
  first_event_ = records.front().sequence + 1;
  events_.clear();
  event_count_ = 0;
  trace("checkpoint of " + std::to_string(state_count_) + " records");
}

std::string GarageScript::recover(ByteView bytes, const RecordsFrame& frame) {
  if (frame.count == 0) return {};
  GarageRecords decoded;
  if (const auto read = decode_records(bytes, frame, decoded); !read) return described(read.error());
  garage_->handle(now_, garage::Recovered{decoded.records});
  return {};
}

std::string GarageScript::crash() {
  garage_.emplace(Garage::open(*config_, now_, Entropy{++incarnation_, 2}));
  std::string error = recover(state_, {first_event_ - 1, Numbering::same, frame_time, state_count_});
  if (error.empty()) error = recover(events_, {first_event_, Numbering::dense, frame_time, event_count_});
  garage_->handle(now_, garage::RecoveryDone{});
  drain();
  return error;
}

}  // namespace parking_lot::scenario
