#include "config_garage.h"

#include <algorithm>
#include <charconv>

#include "codec/json_time.h"
#include "config_checks.h"
#include "config_garage_presets.h"
#include "config_keys.h"
#include "config_schema.h"
#include "config_storage.h"
#include "config_tariff.h"
#include "garage/words.h"

namespace parking_lot {

using namespace garage;

std::vector<std::string> garage::names_of_range(const std::string& text) {
  constexpr std::size_t range_max = 10'000;
  const std::size_t dash = text.find('-');
  if (dash == std::string::npos || dash == 0 || dash + 1 == text.size()) return {text};
  const std::string from = text.substr(0, dash);
  const std::string to = text.substr(dash + 1);
  std::vector<std::string> names;
  if (from.size() == 1 && to.size() == 1 && from[0] >= 'A' && to[0] <= 'Z' && from[0] < to[0]) {
    for (char c = from[0]; c <= to[0]; ++c) names.emplace_back(1, c);
    return names;
  }
  const std::size_t digits = from.find_last_not_of("0123456789") + 1;
  const std::string prefix = from.substr(0, digits);
  if (to.compare(0, digits, prefix) != 0) return {text};
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  const auto whole = [](const std::string& number, std::uint32_t& value) {
    const auto parsed = std::from_chars(number.data(), number.data() + number.size(), value);
    return parsed.ec == std::errc() && parsed.ptr == number.data() + number.size();
  };
  if (!whole(from.substr(digits), first) || !whole(to.substr(digits), last) || last <= first ||
      last - first >= range_max)
    return {text};
  for (std::uint32_t i = first; i <= last; ++i) names.push_back(prefix + std::to_string(i));
  return names;
}

namespace {

// --- levels, rows, spots ---

void read_features(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  auto& features = static_cast<SpotRun*>(owner)->features;
  if (!reader.is_array(value, "[\"covered\"]")) return;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const JsonReader::At at(reader, i);
    if (const auto bit = reader.word(value.items[i], WordsOf<Feature>::list))
      features = features | Features(*bit);
  }
}
void write_features_schema(JsonWriter& out) {
  out.member("type", "array").key("items").open('{');
  write_words_schema(out, WordsOf<Feature>::list);
  out.close('}');
}
constexpr Key spot_keys[] = {
    integer_key<&SpotRun::count>("count", 1, spots_max, "How many spots beside each other."),
    word_key<&SpotRun::kind>("kind", "How big they are."),
    special_key("features", read_features, nullptr, write_features_schema, "What they offer."),
};

void read_spots(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  auto& row = *static_cast<RowConfig*>(owner);
  row.spots.clear();
  if (!reader.is_array(value, "[{\"count\": 40, \"kind\": \"regular\"}]")) return;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const JsonReader::At at(reader, i);
    if (!reader.is_object(value.items[i], "{\"count\": 40, \"kind\": \"regular\"}")) continue;
    SpotRun& run = row.spots.emplace_back();
    read_members(reader, value.items[i], Table<SpotRun>{spot_keys}, run);
    if (run.count == 0) reader.error("has no spots; add \"count\": 40.");
  }
}
void write_spots_schema(JsonWriter& out) { write_elements_schema(out, {{spot_keys}}); }
constexpr Key row_keys[] = {
    text_key<&RowConfig::zone>("zone", "fill_in fills one zone after the other; the level, if it has none."),
    special_key("spots", read_spots, nullptr, write_spots_schema, "The spots from the first to the last."),
};

/// A number of regular spots, or an object.
void read_row(JsonReader& reader, const JsonValue& value, RowConfig& row) {
  if (value.kind == JsonValue::Kind::integer) {
    if (const auto count = reader.integer(value, 1, spots_max))
      row.spots = {{static_cast<std::uint32_t>(*count), SpotKind::regular, {}}};
    return;
  }
  if (!reader.is_object(value, "{\"spots\": [{\"count\": 40}]}")) return;
  read_members(reader, value, Table<RowConfig>{row_keys}, row);
  if (row.spots.empty()) reader.error("has no spots; add \"spots\": [{\"count\": 40}].");
}

bool is_place_name(const std::string& text) { return is_pool_name(text); }

void read_level(JsonReader& reader, const JsonValue& value, LevelConfig& level) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const JsonReader::At at(reader, value.keys[i]);
    RowConfig row;
    read_row(reader, value.items[i], row);
    for (std::string& name : names_of_range(value.keys[i])) {
      if (!is_place_name(name)) reader.error("is no name of a row; use 1 to 64 letters, digits, _ - .");
      const auto same = [&](const RowConfig& other) { return other.name == name; };
      if (std::any_of(level.rows.begin(), level.rows.end(), same))
        reader.error("is a row that is there already.");
      row.name = std::move(name);
      level.rows.push_back(row);
    }
  }
  if (level.rows.empty()) reader.error("has no rows; add one, like {\"A\": 40}.");
}

void read_levels(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  auto& levels = static_cast<GarageConfig*>(owner)->levels;
  if (!reader.is_object(value, "{\"P1\": {\"A-F\": 40}}")) return;
  levels.clear();
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const JsonReader::At at(reader, value.keys[i]);
    if (!reader.is_object(value.items[i], "{\"A-F\": 40}")) continue;
    LevelConfig level;
    read_level(reader, value.items[i], level);
    for (std::string& name : names_of_range(value.keys[i])) {
      if (!is_place_name(name)) reader.error("is no name of a level; use 1 to 64 letters, digits, _ - .");
      const auto same = [&](const LevelConfig& other) { return other.name == name; };
      if (std::any_of(levels.begin(), levels.end(), same)) reader.error("is a level that is there already.");
      level.name = std::move(name);
      levels.push_back(level);
    }
  }
}

/// Objects by name; what each is, `write` tells.
template <void (*write)(JsonWriter&)>
void write_named_schema(JsonWriter& out) {
  out.member("type", "object").key("additionalProperties").open('{');
  write(out);
  out.close('}');
}
void write_row_schema(JsonWriter& out) {
  out.key("oneOf").open('[').open('{').member("type", "integer").member("minimum", 1);
  out.member("maximum", spots_max).close('}').open('{');
  write_object_schema(out, {{row_keys}});
  out.close('}').close(']');
}

// --- entrances, strategies, tariffs ---

void write_distance_schema(JsonWriter& out) {
  out.member("type", "integer").member("minimum", 0).member("maximum", 1'000'000);
}

void read_entrances(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  auto& entrances = static_cast<GarageConfig*>(owner)->entrances;
  if (!reader.is_object(value, "{\"north\": {\"P1\": 0, \"P1/A\": 30}}")) return;
  entrances.clear();
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const JsonReader::At at(reader, value.keys[i]);
    if (!is_place_name(value.keys[i]))
      reader.error("is no name of an entrance; use 1 to 64 letters, digits, _ - .");
    EntranceConfig& entrance = entrances.emplace_back();
    entrance.name = value.keys[i];
    if (!reader.is_object(value.items[i], "{\"P1\": 0, \"P1/A\": 30}")) continue;
    for (std::size_t j = 0; j < value.items[i].items.size(); ++j) {
      const JsonReader::At inside(reader, value.items[i].keys[j]);
      if (const auto distance = reader.integer(value.items[i].items[j], 0, 1'000'000))
        entrance.distances[value.items[i].keys[j]] = static_cast<std::uint32_t>(*distance);
    }
  }
}

constexpr Key switch_keys[] = {
    integer_key<&AllocationSwitch::from_percent>("from_percent", 0, 100, "Spots that are taken, in percent."),
    word_key<&AllocationSwitch::allocation>("allocation", "The strategy from there on."),
};
void write_switches_schema(JsonWriter& out) { write_elements_schema(out, {{switch_keys}}); }
void read_switches(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  auto& switches = static_cast<GarageConfig*>(owner)->allocation_switches;
  switches.clear();
  if (!reader.is_array(value, "[{\"from_percent\": 80, \"allocation\": \"fill_in\"}]")) return;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const JsonReader::At at(reader, i);
    if (!reader.is_object(value.items[i], "{\"from_percent\": 80, \"allocation\": \"fill_in\"}")) continue;
    read_members(reader, value.items[i], Table<AllocationSwitch>{switch_keys}, switches.emplace_back());
    if (i > 0 && switches.size() > 1 &&
        switches.back().from_percent <= switches[switches.size() - 2].from_percent)
      reader.error("must begin above the one before it; sort them by from_percent.");
  }
}

void read_tariffs(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  auto& tariffs = static_cast<GarageConfig*>(owner)->tariffs;
  if (!reader.is_object(value, "{\"standard\": {\"increment\": {\"length\": \"1h\", \"fee\": 200}}}")) return;
  tariffs.clear();
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const JsonReader::At at(reader, value.keys[i]);
    if (!is_place_name(value.keys[i]))
      reader.error("is no name of a tariff; use 1 to 64 letters, digits, _ - .");
    Tariff& tariff = tariffs.emplace_back();
    tariff.name = value.keys[i];
    read_tariff(reader, value.items[i], tariff);
  }
}

void read_garage_storage(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  read_storage(reader, value, StorageRole::garage, static_cast<GarageConfig*>(owner)->storage);
}

void write_garage_storage_schema(JsonWriter& out) { write_storage_schema(out, StorageRole::garage); }

void write_preset_schema(JsonWriter& out) { write_words_schema(out, garage_presets); }

/// Read before the others; here it is only known.
void read_preset_name(JsonReader&, const JsonValue&, const Key&, void*) {}

constexpr Key garage_keys[] = {
    special_key("preset", read_preset_name, nullptr, write_preset_schema,
                "airport, mall or street: what is not given."),
    text_key<&GarageConfig::zone>("zone", "IANA name of the time zone, like Europe/Berlin."),
    text_key<&GarageConfig::currency>("currency", "ISO 4217, like EUR."),
    special_key("levels", read_levels, nullptr, write_named_schema<write_named_schema<write_row_schema>>,
                "Levels by name, with their rows and spots."),
    special_key("entrances", read_entrances, nullptr,
                write_named_schema<write_named_schema<write_distance_schema>>,
                "Entrances by name, with distances."),
    word_key<&GarageConfig::allocation>("allocation", "Which free spot comes first."),
    special_key("allocation_switches", read_switches, nullptr, write_switches_schema,
                "Other strategies by occupancy."),
    integer_key<&GarageConfig::switch_back_percent>("switch_back_percent", 0, 100, "How far below they end."),
    special_key("tariffs", read_tariffs, nullptr, write_named_schema<write_tariff_schema>,
                "Tariffs by name; the first is the default."),
    integer_key<&GarageConfig::lane_max>("lane_max", 0, count_max, "Vehicles that may wait at the gates."),
    seconds_key<&GarageConfig::reservation>("reservation_secs", 1000, ms_max, "How long spots are held."),
    seconds_key<&GarageConfig::ticket_retention>("ticket_retention_secs", 0, ms_max,
                                                 "How long closed tickets are remembered."),
    integer_key<&GarageConfig::ticket_retention_count>("ticket_retention_count", 0, count_max,
                                                       "How many closed tickets are remembered."),
    integer_key<&GarageConfig::report_days>("report_days", 1, 100'000, "Days of which figures are kept."),
    special_key("storage", read_garage_storage, nullptr, write_garage_storage_schema,
                "Where the garage is kept."),
};

// --- what must hold between keys ---

/// `given`: by the config itself and not by its preset.
void check_entrances(JsonReader& reader, const GarageConfig& garage, bool given) {
  const JsonReader::At at(reader, "entrances");
  for (const EntranceConfig& entrance : garage.entrances) {
    const JsonReader::At inside(reader, entrance.name);
    for (const auto& [place, distance] : entrance.distances) {
      bool is_known = false;
      for (const LevelConfig& level : garage.levels) {
        is_known = is_known || level.name == place;
        for (const RowConfig& row : level.rows) is_known = is_known || level.name + '/' + row.name == place;
      }
      const JsonReader::At named(reader, place);
      if (is_known) continue;
      reader.error(given
                       ? "is no level and no row of this garage; write a level, like P1, or a row, like P1/A."
                       : "is of the preset and not among the levels given here; give entrances, too.");
    }
  }
}

void check_garage(JsonReader& reader, const JsonValue& value, const GarageConfig& garage) {
  const auto missing = [&](std::string_view key, std::string message) {
    const JsonReader::At at(reader, key);
    reader.error(std::move(message));
  };
  std::uint64_t spots = 0;
  for (const LevelConfig& level : garage.levels) {
    for (const RowConfig& row : level.rows) {
      for (const SpotRun& run : row.spots) spots += run.count;
    }
  }
  if (garage.levels.empty())
    missing("levels", "is missing; add one, like {\"P1\": {\"A-F\": 40}}, or a preset.");
  if (spots > spots_max) missing("levels", "have more than a million spots; make several garages of them.");
  if (garage.tariffs.empty())
    missing("tariffs",
            "is missing; add one, like {\"standard\": {\"increment\": {\"length\": \"1h\", \"fee\": 200}}}.");
  const bool is_code =
      garage.currency.size() == 3 && std::all_of(garage.currency.begin(), garage.currency.end(),
                                                 [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!is_code) missing("currency", "is no code of ISO 4217; write three capital letters, like EUR.");
  if (!is_plain_text(garage.zone) || garage.zone.size() > 64)
    missing("zone", "is no name of a time zone; write one of IANA's, like Europe/Berlin or UTC.");
  check_entrances(reader, garage, value.find("entrances") != nullptr);
}

void read_preset(JsonReader& reader, const JsonValue& value, GarageConfig& garage) {
  const JsonValue* named = value.find("preset");
  if (named == nullptr) return;
  const JsonReader::At at(reader, "preset");
  const auto number = reader.word(*named, garage_presets);
  if (!number) return;
  const auto document = parse_json(garage_preset_json(*number));
  if (document) read_members(reader, document->root, Table<GarageConfig>{garage_keys}, garage);
}

}  // namespace

void read_garages(JsonReader& reader, const JsonValue& value, std::vector<GarageConfig>& garages) {
  if (!reader.is_object(value, "{\"north\": {\"preset\": \"mall\"}}")) return;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const JsonReader::At at(reader, value.keys[i]);
    if (!is_pool_name(value.keys[i]))
      reader.error("is no name of a garage; use 1 to 64 letters, digits, _ - .");
    if (!reader.is_object(value.items[i], "{\"preset\": \"mall\"}")) continue;
    GarageConfig& garage = garages.emplace_back();
    garage.name = value.keys[i];
    read_preset(reader, value.items[i], garage);
    read_members(reader, value.items[i], Table<GarageConfig>{garage_keys}, garage);
    complete_storage(StorageRole::garage, garage.name, garage.storage);
    check_garage(reader, value.items[i], garage);
  }
}

void write_garages_schema(JsonWriter& out) {
  const GarageConfig defaults;
  out.member("type", "object")
      .key("propertyNames")
      .open('{')
      .member("pattern", "^[A-Za-z0-9_.-]{1,64}$")
      .close('}');
  out.key("additionalProperties").open('{');
  write_object_schema(out, garage_keys, &defaults);
  out.close('}');
}

ParsedGarages garage::parse_garages(std::string_view json, const ReadEnvironment& environment) {
  ParsedGarages parsed;
  const auto document = parse_json(json);
  if (!document) {
    const JsonSyntaxError& error = document.error();
    parsed.issues.push_back(
        {.severity = ConfigIssue::Severity::error,
         .path = "line " + std::to_string(error.line) + ", column " + std::to_string(error.column),
         .message = error.message});
    return parsed;
  }
  JsonReader reader(parsed.issues, &environment);
  const JsonValue* garages = document->root.find("garages");
  if (garages == nullptr) return parsed;
  const JsonReader::At at(reader, "garages");
  read_garages(reader, *garages, parsed.garages);
  return parsed;
}

}  // namespace parking_lot
