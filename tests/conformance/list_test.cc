#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "conformance/conformance_case.h"

using parking_lot::conformance::case_names;

namespace parking_lot::conformance {

std::vector<std::string>& case_names() {
  static std::vector<std::string> names;
  return names;
}

}  // namespace parking_lot::conformance

TEST_CASE("this suite has exactly the cases of the list") {
  std::ifstream file(PARKING_LOT_SOURCE_DIR "/tests/conformance/cases.json");
  std::vector<std::string> listed;
  const nlohmann::json list = nlohmann::json::parse(file);
  for (const auto& [name, sentence] : list.items()) {
    CHECK_FALSE(sentence.get<std::string>().empty());
    listed.push_back(name);
  }
  std::vector<std::string> here = case_names();
  std::sort(here.begin(), here.end());
  CHECK(here == listed);
}
