#include "config_tariff.h"

#include <algorithm>

#include "codec/json_time.h"
#include "config_checks.h"
#include "config_keys.h"
#include "config_schema.h"
#include "garage/words.h"
#include "parking_lot/json.h"

namespace parking_lot {

using namespace garage;

#define PARKING_LOT_TARIFF_WORDS(Type, ...)       \
  template <>                                     \
  struct WordsOf<garage::Type> {                  \
    static constexpr Word list[] = {__VA_ARGS__}; \
  };
PARKING_LOT_TARIFF_WORDS(Rounding, {"up", 0}, {"down", 1}, {"nearest", 2})
PARKING_LOT_TARIFF_WORDS(CapPeriod, {"calendar_day", 0}, {"rolling_24h", 1})
#undef PARKING_LOT_TARIFF_WORDS

namespace {

constexpr std::uint64_t minute_ms = 60'000;
constexpr std::uint64_t percent_limit = 1000;
constexpr Word day_words[] = {{"mon", 0}, {"tue", 1}, {"wed", 2}, {"thu", 3},
                              {"fri", 4}, {"sat", 5}, {"sun", 6}};

// --- small values ---

/// `22:00`; `24:00` is the end of the day.
template <auto member>
constexpr Key minute_key(std::string_view name, std::string_view meaning) {
  Key key{.name = name, .meaning = described(meaning), .words = {}, .inner = {}};
  key.read = [](JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
    const auto text = reader.text(value);
    if (!text) return;
    const auto digit = [&](std::size_t i) { return (*text)[i] - '0'; };
    const bool has_form =
        text->size() == 5 && (*text)[2] == ':' &&
        std::all_of(text->begin(), text->end(), [](char c) { return c == ':' || (c >= '0' && c <= '9'); });
    const int minute = has_form ? (digit(0) * 10 + digit(1)) * 60 + digit(3) * 10 + digit(4) : -1;
    if (!has_form || digit(3) > 5 || minute > 1440)
      return reader.error("is no time of day; write hours and minutes, like \"22:00\".");
    Bound<member>::of(owner) = static_cast<DayMinute>(minute);
  };
  key.schema = [](JsonWriter& out) {
    out.member("type", "string").member("pattern", "^([01][0-9]|2[0-4]):[0-5][0-9]$");
  };
  return key;
}

template <auto member>
constexpr Key moment_key(std::string_view name, std::string_view meaning) {
  Key key{.name = name, .meaning = described(meaning), .words = {}, .inner = {}};
  key.read = [](JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
    const auto text = reader.text(value);
    if (!text) return;
    if (const auto time = parse_rfc3339(*text)) {
      Bound<member>::of(owner) = *time;
    } else {
      reader.error(time.error().message);
    }
  };
  key.schema = [](JsonWriter& out) { out.member("type", "string").member("format", "date-time"); };
  return key;
}

template <auto member>
constexpr Key fee_key(std::string_view name, std::string_view meaning) {
  return integer_key<member>(name, 0, static_cast<std::uint64_t>(fee_max), meaning);
}

template <const auto& keys>
void write_list_schema(JsonWriter& out) {
  write_elements_schema(out, {{keys}});
}

/// Elements of an array, each an object with the same keys.
template <class Element>
void read_elements(JsonReader& reader, const JsonValue& value, std::span<const Key> keys,
                   std::string_view example, std::vector<Element>& elements) {
  if (!reader.is_array(value, example)) return;
  elements.clear();
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const JsonReader::At at(reader, i);
    if (!reader.is_object(value.items[i], example.substr(1, example.size() - 2))) continue;
    read_members(reader, value.items[i], Table<Element>{keys}, elements.emplace_back());
  }
}

// --- tiers, increments, hours ---

constexpr Key tier_keys[] = {
    duration_key<&Tier::upto>("upto", minute_ms, ms_max, "Stays of up to this length."),
    fee_key<&Tier::fee>("fee", "What such a stay costs; contains the tiers before it."),
};
constexpr Key increment_keys[] = {
    duration_key<&Increment::length>("length", minute_ms, ms_max, "Each started stretch of this length."),
    fee_key<&Increment::fee>("fee", "What it costs."),
};
constexpr Key cap_keys[] = {
    fee_key<&DailyCap::amount>("amount", "No day costs more; 0: no limit."),
    word_key<&DailyCap::period>("period", "What a day is: of the calendar, or 24 hours from the entry."),
};
constexpr Key hours_keys[] = {
    minute_key<&DayHours::from>("from", "Local time."),
    minute_key<&DayHours::to>("to", "Local time; before `from`: on the next morning."),
};

void read_tiers(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  auto& tiers = static_cast<Tariff*>(owner)->tiers;
  read_elements(reader, value, tier_keys, "[{\"upto\": \"1h\", \"fee\": 300}]", tiers);
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    const JsonReader::At at(reader, i);
    if (tiers[i].upto.ms == 0) reader.error("has no length; add \"upto\": \"1h\".");
    if (i == 0) continue;
    if (tiers[i].upto <= tiers[i - 1].upto)
      reader.error("must be longer than the tier before it; sort the tiers.");
    if (tiers[i].fee < tiers[i - 1].fee)
      reader.error("costs less than the tier before it; a longer stay may not be cheaper.");
  }
}

constexpr Key night_keys[] = {fee_key<&Overnight::fee>("fee", "What a night costs.")};
void write_overnight_schema(JsonWriter& out) { write_object_schema(out, {{hours_keys}, {night_keys}}); }
void read_overnight(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  auto& overnight = static_cast<Tariff*>(owner)->overnight;
  if (!reader.is_object(value, "{\"from\": \"22:00\", \"to\": \"06:00\", \"fee\": 500}")) return;
  const Section sections[] = {{.keys = hours_keys, .owner = &overnight.hours},
                              {.keys = night_keys, .owner = &overnight}};
  read_members(reader, value, sections);
  overnight.is_set = true;
  if (overnight.hours.from == overnight.hours.to) reader.error("has no length; give `from` and `to`.");
}

void read_days(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  auto& days = static_cast<Weekend*>(owner)->days;
  if (!reader.is_array(value, "[\"sat\", \"sun\"]")) return;
  days = 0;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const JsonReader::At at(reader, i);
    if (const auto day = reader.word(value.items[i], day_words))
      days = static_cast<std::uint8_t>(days | 1U << *day);
  }
  if (value.items.empty()) reader.error("names no day; name one, like \"sat\", or leave the weekend out.");
}
void write_days_schema(JsonWriter& out) {
  out.member("type", "array").key("items").open('{');
  write_words_schema(out, day_words);
  out.close('}');
}
constexpr Key weekend_keys[] = {
    special_key("days", read_days, nullptr, write_days_schema, "Days of the week."),
    integer_key<&Weekend::percent>("percent", 0, percent_limit, "What time costs on them, in percent."),
};

constexpr Key after_keys[] = {
    duration_key<&EvOverstay::after>("after", minute_ms, ms_max, "So long nothing more is charged.")};
void write_overstay_schema(JsonWriter& out) { write_object_schema(out, {{after_keys}, {increment_keys}}); }
void read_overstay(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  auto& overstay = static_cast<Tariff*>(owner)->ev_overstay;
  if (!reader.is_object(value, "{\"after\": \"4h\", \"length\": \"30m\", \"fee\": 100}")) return;
  const Section sections[] = {{.keys = after_keys, .owner = &overstay},
                              {.keys = increment_keys, .owner = &overstay.increment}};
  read_members(reader, value, sections);
  if (overstay.after.ms == 0 || overstay.increment.length.ms == 0)
    reader.error("needs \"after\", \"length\" and \"fee\"; add what is missing.");
}

// --- events, validations, permits ---

constexpr Key event_keys[] = {
    text_key<&EventRate::name>("name", "Of the event."),
    moment_key<&EventRate::from>("from", "Begin, like 2026-06-14T16:00:00Z."),
    moment_key<&EventRate::to>("to", "End."),
    fee_key<&EventRate::fee>("fee", "What entering meanwhile costs."),
};
void read_events(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  auto& events = static_cast<Tariff*>(owner)->events;
  read_elements(reader, value, event_keys,
                "[{\"name\": \"cup\", \"from\": \"...\", \"to\": \"...\", \"fee\": 1500}]", events);
  for (std::size_t i = 0; i < events.size(); ++i) {
    const JsonReader::At at(reader, i);
    if (events[i].to <= events[i].from) reader.error("must end after it begins; correct `from` and `to`.");
  }
}

template <ValidationKind kind>
void read_worth(JsonReader& reader, const JsonValue& value, const Key& key, void* owner) {
  auto& validation = *static_cast<Validation*>(owner);
  const auto number = reader.integer(value, key.min, key.max);
  if (!number) return;
  if (validation.value != 0) return reader.error("is one too many; give minutes, amount or percent.");
  validation.kind = kind;
  validation.value = static_cast<std::int64_t>(*number * (kind == ValidationKind::minutes ? minute_ms : 1));
}
template <ValidationKind kind>
constexpr Key worth_key(std::string_view name, std::uint64_t max, std::string_view meaning) {
  Key key{.name = name,
          .type = KeyType::integer,
          .meaning = described(meaning),
          .min = 1,
          .max = max,
          .words = {},
          .inner = {}};
  key.read = read_worth<kind>;
  return key;
}
constexpr Key validation_keys[] = {
    text_key<&Validation::name>("name", "What is shown to the machine."),
    worth_key<ValidationKind::minutes>("minutes", 100'000, "Minutes that cost nothing."),
    worth_key<ValidationKind::amount>("amount", static_cast<std::uint64_t>(fee_max), "Comes off the price."),
    worth_key<ValidationKind::percent>("percent", 100, "Comes off the price."),
};
void read_validations(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  auto& validations = static_cast<Tariff*>(owner)->validations;
  read_elements(reader, value, validation_keys, "[{\"name\": \"shop\", \"amount\": 200}]", validations);
  if (validations.size() > validations_max) reader.error("holds more than 32; remove some.");
  for (std::size_t i = 0; i < validations.size(); ++i) {
    const JsonReader::At at(reader, i);
    if (validations[i].name.empty()) reader.error("has no name; add \"name\": \"shop\".");
    if (validations[i].value == 0) reader.error("is worth nothing; add minutes, amount or percent.");
    const auto same = [&](const Validation& other) { return other.name == validations[i].name; };
    if (std::count_if(validations.begin(), validations.begin() + static_cast<std::ptrdiff_t>(i), same) != 0)
      reader.error("has a name that is taken; names differ.");
  }
}

void read_permits(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  auto& permits = static_cast<Tariff*>(owner)->permits;
  if (!reader.is_object(value, "{\"staff\": 80}")) return;
  permits.clear();
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const JsonReader::At at(reader, value.keys[i]);
    if (const auto off = reader.integer(value.items[i], 0, 100))
      permits.push_back({value.keys[i], static_cast<std::uint16_t>(*off)});
  }
}

void write_percents_off_schema(JsonWriter& out) {
  out.member("type", "object").key("additionalProperties").open('{');
  out.member("type", "integer").member("minimum", 0).member("maximum", 100).close('}');
}
/// Percents by word.
template <const auto& words>
void write_percents_schema(JsonWriter& out) {
  out.member("type", "object").key("propertyNames").open('{');
  write_words_schema(out, words);
  out.close('}').key("additionalProperties").open('{');
  out.member("type", "integer").member("minimum", 0).member("maximum", percent_limit).close('}');
}

/// `{"motorcycle": 50}` into a table of percents.
template <class Word, std::size_t size>
void read_percents(JsonReader& reader, const JsonValue& value, const Word (&words)[size],
                   std::uint16_t* percents) {
  if (!reader.is_object(value, "{\"" + std::string(words[size - 1].name) + "\": 150}")) return;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const auto number = number_of(words, value.keys[i]);
    if (!number) {
      std::vector<std::string_view> known;
      for (const Word& word : words) known.push_back(word.name);
      reader.unknown_key(value.keys[i], known);
      continue;
    }
    const JsonReader::At at(reader, value.keys[i]);
    if (const auto percent = reader.integer(value.items[i], 0, percent_limit))
      percents[*number] = static_cast<std::uint16_t>(*percent);
  }
}
void read_of_type(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  read_percents(reader, value, WordsOf<VehicleType>::list, static_cast<Tariff*>(owner)->percent_of_type);
}
void read_of_kind(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  read_percents(reader, value, WordsOf<SpotKind>::list, static_cast<Tariff*>(owner)->percent_of_kind);
}

// --- surge ---

constexpr Key percent_keys[] = {
    integer_key<&SurgeHours::percent>("percent", 1, percent_limit, "What time costs, in percent.")};
void write_surge_hours_schema(JsonWriter& out) { write_elements_schema(out, {{hours_keys}, {percent_keys}}); }
void read_surge_hours(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  auto& all = static_cast<Tariff*>(owner)->surge_hours;
  if (!reader.is_array(value, "[{\"from\": \"17:00\", \"to\": \"20:00\", \"percent\": 125}]")) return;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const JsonReader::At at(reader, i);
    if (!reader.is_object(value.items[i], "{\"from\": \"17:00\", \"to\": \"20:00\", \"percent\": 125}"))
      continue;
    SurgeHours& surge = all.emplace_back();
    const Section sections[] = {{.keys = hours_keys, .owner = &surge.hours},
                                {.keys = percent_keys, .owner = &surge}};
    read_members(reader, value.items[i], sections);
    if (surge.hours.from == surge.hours.to) reader.error("has no length; give `from` and `to`.");
    if (value.items[i].find("percent") == nullptr)
      reader.error("needs \"percent\"; say what time costs then, like 125.");
  }
}
constexpr Key occupancy_keys[] = {
    integer_key<&SurgeOccupancy::above_percent>("above_percent", 0, 100, "Occupied spots, in percent."),
    integer_key<&SurgeOccupancy::percent>("percent", 1, percent_limit, "What time costs, in percent."),
};
void read_surge_occupancy(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  read_elements(reader, value, occupancy_keys, "[{\"above_percent\": 90, \"percent\": 150}]",
                static_cast<Tariff*>(owner)->surge_occupancy);
}
constexpr Key surge_keys[] = {
    special_key("hours", read_surge_hours, nullptr, write_surge_hours_schema, "By the hour of the entry."),
    special_key("occupancy", read_surge_occupancy, nullptr, write_list_schema<occupancy_keys>,
                "By the occupancy at the entry."),
};
void write_surge_schema(JsonWriter& out) { write_object_schema(out, {{surge_keys}}); }
void read_surge(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  if (reader.is_object(value, "{\"occupancy\": [{\"above_percent\": 90, \"percent\": 150}]}"))
    read_members(reader, value, Table<Tariff>{surge_keys}, *static_cast<Tariff*>(owner));
}

void write_flag_schema(JsonWriter& out) { out.member("type", "boolean"); }
void read_tiers_each_day(JsonReader& reader, const JsonValue& value, const Key&, void* owner) {
  if (const auto each_day = reader.boolean(value)) static_cast<Tariff*>(owner)->tiers_each_day = *each_day;
}

constexpr Key tariff_keys[] = {
    word_key<&Tariff::rounding>("rounding", "Direction of the rounding."),
    integer_key<&Tariff::rounding_unit>("rounding_unit", 1, static_cast<std::uint64_t>(fee_max),
                                        "Prices are multiples of this."),
    duration_key<&Tariff::grace_entry>("grace_entry", 0, ms_max, "Shorter stays cost nothing."),
    duration_key<&Tariff::grace_exit>("grace_exit", 0, ms_max, "Time to leave after paying."),
    fee_key<&Tariff::flat>("flat", "What each stay costs, on top of its time."),
    special_key("tiers", read_tiers, nullptr, write_list_schema<tier_keys>,
                "Fees by the length of the stay."),
    object_key<&Tariff::increment>("increment", Table<Increment>{increment_keys}, "Beyond the tiers."),
    special_key("tiers_each_day", read_tiers_each_day, nullptr, write_flag_schema,
                "Tiers begin anew with each day."),
    object_key<&Tariff::daily_cap>("daily_cap", Table<DailyCap>{cap_keys}, "The most that a day costs."),
    special_key("overnight", read_overnight, nullptr, write_overnight_schema, "Nights at a flat fee."),
    object_key<&Tariff::weekend>("weekend", Table<Weekend>{weekend_keys}, "Days with other fees."),
    special_key("ev_overstay", read_overstay, nullptr, write_overstay_schema, "For blocking a charger."),
    fee_key<&Tariff::lost_ticket>("lost_ticket", "The least that a lost ticket costs."),
    special_key("events", read_events, nullptr, write_list_schema<event_keys>, "Times at a flat fee."),
    special_key("validations", read_validations, nullptr, write_list_schema<validation_keys>,
                "What may come off."),
    special_key("permits", read_permits, nullptr, write_percents_off_schema, "Percent off, by permit."),
    special_key("vehicle_percent", read_of_type, nullptr, write_percents_schema<WordsOf<VehicleType>::list>,
                "By type of vehicle."),
    special_key("spot_percent", read_of_kind, nullptr, write_percents_schema<WordsOf<SpotKind>::list>,
                "By kind of spot."),
    special_key("surge", read_surge, nullptr, write_surge_schema, "Dearer times."),
};

}  // namespace

void read_tariff(JsonReader& reader, const JsonValue& value, Tariff& tariff) {
  if (reader.is_object(value, "{\"increment\": {\"length\": \"1h\", \"fee\": 200}}"))
    read_members(reader, value, Table<Tariff>{tariff_keys}, tariff);
  const JsonValue* const increment = value.find("increment");
  if (increment != nullptr && tariff.increment.fee > 0 && increment->find("length") == nullptr) {
    const JsonReader::At at(reader, "increment");
    reader.error("needs \"length\" beside its fee; say for how long that pays, like 1h.");
  }
}

void write_tariff_schema(JsonWriter& out) {
  const Tariff defaults;
  write_object_schema(out, tariff_keys, &defaults);
}

}  // namespace parking_lot
