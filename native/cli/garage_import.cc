#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/config_file.h"
#include "cli/garage_commands.h"
#include "parking_lot/garage/codes.h"

/// `garage import`: the levels of a garage from a table with a line for each spot.
namespace parking_lot::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Spreadsheets put it in front of UTF-8.
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// The cells of one line (RFC 4180): commas part them, quotes keep commas in. Lines end with the cell.
/// Nothing for a line that leaves a quote open.
std::optional<std::vector<std::string>> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  bool is_quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && is_quoted && i + 1 < line.size() && line[i + 1] == '"') {
      cells.back() += line[++i];
    } else if (c == '"') {
      is_quoted = !is_quoted;
    } else if (c == ',' && !is_quoted) {
      cells.emplace_back();
    } else if (c != '\r') {
      cells.back() += c;
    }
  }
  return is_quoted ? std::nullopt : std::optional(std::move(cells));
}

class SpotTable {
 public:
  explicit SpotTable(std::string file) : file_(std::move(file)) {}

  Result<Json> read(const std::string& text) {
    std::size_t begin = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
    for (line_ = 1; begin < text.size(); ++line_) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      const std::string line = text.substr(begin, end - begin);
      begin = end + 1;
      if (line.find_first_not_of(" \t\r,") == std::string::npos) continue;
      const auto cells = cells_of(line);
      if (!cells) return wrong("", "opens a quote and does not close it.");
      if (auto taken = columns_.empty() ? take_header(*cells) : take_spot(*cells); !taken)
        return Failure(taken.error());
    }
    if (levels_.empty()) return wrong("", "holds no spots; write a header and a line for each spot.");
    return levels_;
  }

 private:
  Failure wrong(const std::string& column, const std::string& message) const {
    const std::string where = columns_.empty() || column.empty() ? "" : ", " + column;
    return Failure(Error{file_ + ", line " + std::to_string(line_) + where, message});
  }

  Result<void> take_header(const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      for (const char* known : {"level", "row", "position", "kind", "features", "zone"}) {
        if (cells[i] == known) columns_[known] = i;
      }
      if (!columns_.contains(cells[i]) || columns_[cells[i]] != i)
        return wrong("", "\"" + cells[i] +
                             "\" is no column, or is there twice; columns are level, row, position, kind, "
                             "features, zone.");
    }
    if (!columns_.contains("level") || !columns_.contains("row"))
      return wrong("", "has no columns level and row; the first line names the columns.");
    return {};
  }

  std::string cell(const std::vector<std::string>& cells, const char* column) const {
    const auto place = columns_.find(column);
    return place == columns_.end() || place->second >= cells.size() ? "" : cells[place->second];
  }

  Result<void> take_spot(const std::vector<std::string>& cells) {
    if (cells.size() > columns_.size()) return wrong("", "has more cells than there are columns.");
    const std::string level = cell(cells, "level");
    const std::string row = cell(cells, "row");
    if (level.empty()) return wrong("level", "is empty; name the level, like P1.");
    if (row.empty()) return wrong("row", "is empty; name the row, like A.");
    for (const auto& [column, name] : {std::pair("level", level), std::pair("row", row)}) {
      if (garage::names_of_range(name).size() > 1)
        return wrong(column,
                     "stands for several in a config, and a line for one spot; name it without \"-\".");
    }
    std::uint64_t& count = counts_[level + '/' + row];
    const std::string position = cell(cells, "position");
    if (!position.empty() && position != std::to_string(count + 1))
      return wrong("position",
                   "must be " + std::to_string(count + 1) + ": the spots of a row stand in order, from 1.");
    ++count;
    Json spot{{"count", 1}};
    if (const std::string kind = cell(cells, "kind"); !kind.empty()) {
      if (!garage::parse_SpotKind(kind)) return wrong("kind", "must be compact, regular or oversized.");
      spot["kind"] = kind;
    }
    if (auto features = features_of(cell(cells, "features")); !features) {
      return Failure(features.error());
    } else if (!features->empty()) {
      spot["features"] = *features;
    }
    Json& line = levels_[level][row];
    if (const std::string zone = cell(cells, "zone"); !zone.empty()) {
      if (line.contains("zone") && line["zone"] != zone)
        return wrong("zone",
                     "must be " + line["zone"].get<std::string>() + ", as before: a row lies in one zone.");
      line["zone"] = zone;
    }
    add(line["spots"], std::move(spot));
    return {};
  }

  /// `ev_charger covered`, in any order.
  Result<Json> features_of(const std::string& text) const {
    Json features = Json::array();
    std::size_t begin = 0;
    while ((begin = text.find_first_not_of(" ;", begin)) != std::string::npos) {
      const std::size_t end = std::min(text.find_first_of(" ;", begin), text.size());
      const std::string feature = text.substr(begin, end - begin);
      if (!garage::parse_Feature(feature))
        return wrong("features", "must be of ev_charger, accessible and covered, with spaces between.");
      features.push_back(feature);
      begin = end;
    }
    return features;
  }

  /// Equal spots beside each other are one run.
  static void add(Json& runs, Json spot) {
    if (!runs.empty()) {
      Json last = runs.back();
      last["count"] = 1;
      if (last == spot) {
        runs.back()["count"] = runs.back()["count"].get<std::uint64_t>() + 1;
        return;
      }
    }
    runs.push_back(std::move(spot));
  }

  std::string file_;
  std::size_t line_ = 1;
  std::map<std::string, std::size_t> columns_;
  std::map<std::string, std::uint64_t> counts_;
  Json levels_ = Json::object();
};

struct ImportOptions {
  GarageChoice choice;
  std::string spots;
};

ExitCode import(const ImportOptions& options) {
  const auto config = read_config_json(options.choice.config);
  if (!config) return complain_of_garage(config.error());
  Json whole = Json::parse(*config, nullptr, false);
  if (!whole.is_object() || !whole.contains("garages") || !whole["garages"].is_object() ||
      whole["garages"].empty())
    return complain_of_garage({options.choice.config, "names no garage; add \"garages\"."});
  Json& garages = whole["garages"];
  if (options.choice.name.empty() && garages.size() != 1)
    return complain_of_garage({options.choice.config, "has several garages; say which with --garage."});
  const std::string name = options.choice.name.empty() ? garages.begin().key() : options.choice.name;
  if (!garages.contains(name))
    return complain_of_garage({options.choice.config, "has no garage of this name; see --garage."});
  const auto text = read_file(options.spots);
  if (!text) return complain_of_garage(text.error());
  auto levels = SpotTable(options.spots).read(*text);
  if (!levels) return complain_of_garage(levels.error());
  garages[name]["levels"] = std::move(*levels);
  const garage::ParsedGarages parsed = garage::parse_garages(whole.dump(), read_environment);
  for (const ConfigIssue& issue : parsed.issues) complain_of_garage({issue.path, issue.message});
  if (!parsed.ok()) return ExitCode::usage;
  std::printf("%s\n", whole.dump(options.choice.is_json ? -1 : 2).c_str());
  return ExitCode::fine;
}

}  // namespace

void add_garage_import(CLI::App& group, Chosen& chosen) {
  const auto options = std::make_shared<ImportOptions>();
  CLI::App* command =
      group.add_subcommand("import", "A config whose garage has the spots of a CSV table; prints it");
  command
      ->add_option("--spots", options->spots,
                   "Table with a line for each spot: level, row, position, kind, features, zone")
      ->type_name("FILE")
      ->required();
  add_garage_config(*command, options->choice);
  command->get_option("--config")->required();
  command->callback([options, &chosen] { chosen = [options] { return import(*options); }; });
}

}  // namespace parking_lot::cli
