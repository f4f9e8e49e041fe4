#include <cstdio>
#include <string_view>

#include "parking_lot/config.h"
#include "parking_lot/json.h"

/// What the package's build and tests want to know of the core and no user does at run time:
/// `parking_lot_describe.js schema|codes` prints it as JSON.
int main(int argc, char** argv) {
  using namespace parking_lot;  // NOLINT(google-build-using-namespace): this file has no other purpose
  const std::string_view wanted = argc == 2 ? argv[1] : "";
  if (wanted != "schema" && wanted != "codes") {
    std::fputs("usage: parking_lot_describe.js schema|codes\n", stderr);
    return 2;
  }
  std::puts((wanted == "schema" ? config_schema_json() : codes_json()).c_str());
  return 0;
}
