#include "garage_storage.h"

namespace parking_lot::wasm {

Result<std::unique_ptr<GarageStorage>> open_garage_storage(
    const std::vector<garage::GarageConfig>& /*configs*/, Now /*now*/, Entropy /*entropy*/) {
  return std::unique_ptr<GarageStorage>();
}

}  // namespace parking_lot::wasm
