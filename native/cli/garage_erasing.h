#pragma once

#include <string>
#include <vector>

#include "cli/garage_access.h"

namespace parking_lot::cli {

/// The other garages of a store.
std::vector<std::string> garages_beside(const std::string& store, const std::string& garage);

/// A store's keys are those of all its garages: before one of them erases a name, the others do. Fails, and
/// nothing has happened, if something of the vehicle stands in one of them.
Result<std::uint64_t> erase_elsewhere(const GarageChoice& choice, const garage::Erase& command);

}  // namespace parking_lot::cli
