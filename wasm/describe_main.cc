#include <cstdio>
#include <string>
#include <string_view>

#include "parking_lot/config.h"
#include "parking_lot/garage/codes.h"
#include "parking_lot/json.h"

namespace {

/// The vocabularies of garages, each a list of names in the order of the core.
std::string garage_codes_json() {
#define PARKING_LOT_NAME(name, ...) "\"" #name "\","
#define PARKING_LOT_LIST(Type, LIST) std::string("\"" #Type "\":[") + listed(LIST(PARKING_LOT_NAME))
  const auto listed = [](std::string names) {
    names.back() = ']';
    return names;
  };
  return "{" + PARKING_LOT_LIST(VehicleType, PARKING_LOT_VEHICLE_TYPES) + "," +
         PARKING_LOT_LIST(VehicleSize, PARKING_LOT_VEHICLE_SIZES) + "," +
         PARKING_LOT_LIST(SpotKind, PARKING_LOT_SPOT_KINDS) + "," +
         PARKING_LOT_LIST(SpotState, PARKING_LOT_SPOT_STATES) + "," +
         PARKING_LOT_LIST(Feature, PARKING_LOT_FEATURES) + "," +
         PARKING_LOT_LIST(TicketState, PARKING_LOT_TICKET_STATES) + "," +
         PARKING_LOT_LIST(Allocation, PARKING_LOT_ALLOCATIONS) + "," +
         PARKING_LOT_LIST(Refusal, PARKING_LOT_GARAGE_REFUSALS) + "," +
         PARKING_LOT_LIST(LineKind, PARKING_LOT_LINE_KINDS) + "," +
         PARKING_LOT_LIST(Action, PARKING_LOT_GARAGE_ACTIONS) + "}";
#undef PARKING_LOT_LIST
#undef PARKING_LOT_NAME
}

}  // namespace

/// What the package's build and tests want to know of the core and no user does at run time:
/// `parking_lot_describe.js schema|codes|garage-codes` prints it as JSON.
int main(int argc, char** argv) {
  using namespace parking_lot;  // NOLINT(google-build-using-namespace): this file has no other purpose
  const std::string_view wanted = argc == 2 ? argv[1] : "";
  std::string answer;
  if (wanted == "schema") answer = config_schema_json();
  if (wanted == "codes") answer = codes_json();
  if (wanted == "garage-codes") answer = garage_codes_json();
  if (answer.empty()) {
    std::fputs("usage: parking_lot_describe.js schema|codes|garage-codes\n", stderr);
    return 2;
  }
  std::puts(answer.c_str());
  return 0;
}
