#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/garage_commands.h"
#include "host/system.h"
#include "parking_lot/json.h"

/// `garage export`: places, rights, rates, sessions and occupancy with the classes and names of the APDS data
/// model (ISO/TS 5206-1). docs/garage-apds.md tells where each field comes from.
namespace parking_lot::cli {
namespace {

using Json = nlohmann::ordered_json;

Json text(const std::string& english) { return Json::array({{{"language", "en"}, {"string", english}}}); }
Json reference(const std::string& id) { return {{"id", id}, {"version", 1}}; }

/// `PT1H30M`.
std::string iso_duration(Duration length) {
  const std::int64_t minutes = length.ms / 60'000;
  const std::int64_t seconds = length.ms / 1000 % 60;
  std::string out = "PT";
  if (minutes >= 60) out += std::to_string(minutes / 60) + "H";
  if (minutes % 60 != 0) out += std::to_string(minutes % 60) + "M";
  if (seconds != 0 || out == "PT") out += std::to_string(seconds) + "S";
  return out;
}

class ApdsExport {
 public:
  ApdsExport(const Garage& garage, WallTime now)
      : garage_(garage), config_(garage.config()), now_(format_rfc3339(now)) {}

  Json whole() const {
    return {{"places", places()},
            {"rightSpecifications", rights()},
            {"rateTables", rates()},
            {"sessions", sessions()},
            {"occupancy", occupancy()}};
  }

 private:
  std::string rate_id(const garage::Tariff& tariff) const { return config_.name + "/rates/" + tariff.name; }
  std::string right_id(const std::string& name) const { return config_.name + "/rights/" + name; }

  Json element(const std::string& id, const std::string& name, int layer, const char* type) const {
    return {{"id", id},       {"version", 1}, {"name", text(name)},
            {"layer", layer}, {"type", type}, {"hierarchyElementRecord", {{"creationTime", now_}}}};
  }

  Json places() const {
    Json list = Json::array();
    Json place = element(config_.name, config_.name, 0, "parkingPlace");
    place["timeZone"] = config_.zone;
    place["childIds"] = Json::array();
    place["rightSpecifications"] = Json::array();
    for (const Json& right : rights()) place["rightSpecifications"].push_back(reference(right["id"]));
    std::uint32_t chargers = 0;
    bool has_accessible = false;
    Json below = Json::array();
    for (const garage::LevelConfig& level : config_.levels) {
      const std::string id = config_.name + "/" + level.name;
      place["childIds"].push_back(reference(id));
      below.push_back(element(id, level.name, 1, "floorOrLevel"));
      below.back()["parentId"] = reference(config_.name);
    }
    for (std::uint32_t i = 0; i < garage_.spot_count(); ++i) {
      const std::string name = garage_.spot_name(garage::SpotId{i});
      const garage::Features features = garage_.spot(garage::SpotId{i}).spot.features;
      chargers += features.has(garage::Feature::ev_charger) ? 1 : 0;
      has_accessible = has_accessible || features.has(garage::Feature::accessible);
      Json space = element(config_.name + "/" + name, name, 2, "space");
      space["spaceId"] = {{"className", "Space"}, {"id", name}};
      space["parentId"] = reference(config_.name + "/" + name.substr(0, name.find('/')));
      below.push_back(std::move(space));
    }
    place["characteristics"] = Json::array({{{"accessControlled", !config_.entrances.empty()},
                                             {"disabledAccess", has_accessible},
                                             {"evChargingPoints", chargers},
                                             {"spacesTotal", garage_.spot_count()}}});
    list.push_back(std::move(place));
    for (Json& each : below) list.push_back(std::move(each));
    return list;
  }

  Json right(const std::string& name, const char* type, const Json& eligibility) const {
    return {{"id", right_id(name)},
            {"version", 1},
            {"type", type},
            {"description", text(name)},
            {"issuer", reference(config_.name)},
            {"transferable", false},
            {"hierarchyElements", Json::array({reference(config_.name)})},
            {"credentials", Json::array({{{"type", "licensePlate"}}})},
            {"rateEligibility", eligibility}};
  }

  /// One for each tariff, and one for each permit that some tariff names.
  Json rights() const {
    Json list = Json::array();
    std::map<std::string, Json> permits;
    for (const garage::Tariff& tariff : config_.tariffs) {
      const Json eligibility{{"id", rate_id(tariff)},
                             {"version", 1},
                             {"eligibility", Json::object()},
                             {"rateTable", reference(rate_id(tariff))}};
      list.push_back(right(tariff.name, "oneTimeUseParking", Json::array({eligibility})));
      for (const garage::PermitRate& permit : tariff.permits) permits[permit.name].push_back(eligibility);
    }
    for (const auto& [name, eligibility] : permits)
      list.push_back(right("permit/" + name, "permitParking", eligibility));
    return list;
  }

  /// Major units: cents are hundredths, a yen is whole.
  double major(garage::Money amount) const {
    static constexpr const char* whole[] = {"CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF"};
    const bool is_whole = std::find(std::begin(whole), std::end(whole), config_.currency) != std::end(whole);
    return static_cast<double>(amount) / (is_whole ? 1 : 100);
  }

  Json rates() const {
    Json list = Json::array();
    for (const garage::Tariff& tariff : config_.tariffs) {
      Json lines = Json::array();
      const auto add = [&](const char* type, garage::Money fee) -> Json& {
        lines.push_back({{"sequence", lines.size() + 1}, {"rateLineType", type}, {"value", major(fee)}});
        return lines.back();
      };
      if (tariff.flat != 0) add("flatRate", tariff.flat);
      Duration begin{0};
      for (const garage::Tier& tier : tariff.tiers) {
        Json& line = add("flatRateTier", tier.fee);
        line["durationStart"] = iso_duration(begin);
        line["durationEnd"] = iso_duration(tier.upto);
        begin = tier.upto;
      }
      if (tariff.increment.length.ms != 0) {
        Json& line = add("incrementingRate", tariff.increment.fee);
        line["durationStart"] = iso_duration(begin);
        line["incrementPeriod"] = iso_duration(tariff.increment.length);
      }
      Json collection{{"applicableCurrency", config_.currency},
                      {"collectionSequence", 1},
                      {"relativeTimes", true},
                      {"rateLines", std::move(lines)}};
      if (tariff.daily_cap.amount != 0) collection["maxValueCollection"] = major(tariff.daily_cap.amount);
      list.push_back({{"id", rate_id(tariff)},
                      {"version", 1},
                      {"rateTableName", text(tariff.name)},
                      {"validityStart", now_},
                      {"activeTimes", Json::array({"P1D"})},
                      {"availability", "public"},
                      {"validation", !tariff.validations.empty()},
                      {"rateLineCollections", Json::array({std::move(collection)})}});
    }
    return list;
  }

  Json sessions() const {
    Json list = Json::array();
    for (const garage::TicketView& ticket : garage_.open_tickets()) {
      const std::string id = garage::to_string(ticket.id);
      const std::string start = format_rfc3339(ticket.entry);
      const Json plate{{"className", "LicensePlate"}, {"id", std::string(ticket.plate)}};
      Json segments = Json::array();
      for (std::uint32_t i = 0; i < ticket.spots.count; ++i) {
        const garage::SpotId spot{ticket.spots.first.index + i};
        segments.push_back({{"id", id + "/" + std::to_string(i + 1)},
                            {"version", 1},
                            {"actualStart", start},
                            {"assignedRight", reference(right_id(std::string(ticket.tariff)))},
                            {"spaceId", {{"className", "Space"}, {"id", garage_.spot_name(spot)}}},
                            {"validationType", Json::array({"licensePlate"})},
                            {"credentialId", plate}});
      }
      list.push_back(
          {{"id", id},
           {"version", ticket.version},
           {"actualStart", start},
           {"identifiedCredentials", Json::array({{{"type", "licensePlate"}, {"identifier", plate}}})},
           {"segments", std::move(segments)},
           {"hierachyElement", reference(config_.name)}});  // spelt so by the specification
      if (!ticket.gate.empty())
        list.back()["initiator"] = reference(config_.name + "/gates/" + std::string(ticket.gate));
    }
    return list;
  }

  /// Of the garage and of each level.
  Json occupancy() const {
    std::map<std::string, std::pair<std::uint32_t, std::uint32_t>> levels;  // spots, occupied
    for (std::uint32_t i = 0; i < garage_.spot_count(); ++i) {
      const std::string name = garage_.spot_name(garage::SpotId{i});
      auto& [spots, occupied] = levels[config_.name + "/" + name.substr(0, name.find('/'))];
      ++spots;
      if (garage_.spot(garage::SpotId{i}).state == garage::SpotState::occupied) ++occupied;
    }
    Json list = Json::array();
    const auto add = [&](const std::string& id, std::uint64_t spots, std::uint64_t occupied) {
      const double percentage =
          spots == 0 ? 0 : 100.0 * static_cast<double>(occupied) / static_cast<double>(spots);
      list.push_back(
          {{"hierarchyElement", reference(id)},
           {"supply", {{"supplyQuantity", spots}, {"supplyViewType", "spaceView"}}},
           {"demandTable",
            {{"timestamp", now_},
             {"demandType",
              Json::array({{{"count", occupied}, {"percentage", percentage}, {"recordDateTime", now_}}})}}}});
    };
    const GarageFigures figures = garage_.figures();
    add(config_.name, figures.spots, figures.spots_occupied);
    for (const auto& [id, count] : levels) add(id, count.first, count.second);
    return list;
  }

  const Garage& garage_;
  const garage::GarageConfig& config_;
  std::string now_;
};

ExitCode print_export(const GarageChoice& choice) {
  const auto stored = open_garage(choice, StoredGarage::Options::Access::reading);
  if (!stored) return complain_of_garage(stored.error(), ExitCode::unexpected);
  const Json json = ApdsExport((*stored)->garage(), SystemClock().now().wall).whole();
  std::printf("%s\n", json.dump(choice.is_json ? -1 : 2).c_str());
  return ExitCode::fine;
}

}  // namespace

void add_garage_export(CLI::App& group, Chosen& chosen) {
  const auto choice = std::make_shared<GarageChoice>();
  CLI::App* command = group.add_subcommand(
      "export", "Places, rights, rates, sessions and occupancy as APDS (ISO/TS 5206-1) names them");
  add_garage_store(*command, *choice);
  command->callback([choice, &chosen] { chosen = [choice] { return print_export(*choice); }; });
}

}  // namespace parking_lot::cli
