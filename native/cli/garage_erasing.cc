#include "cli/garage_erasing.h"

#include <span>
#include <string>
#include <vector>

#include "host/system.h"

namespace parking_lot::cli {
namespace {

using Access = StoredGarage::Options::Access;

Failure refused_by(const std::string& garage, const garage::Refused& refused) {
  const std::string field = refused.field.empty() ? "" : " (" + std::string(refused.field) + ")";
  return Failure(Error{garage + ": " + std::string(to_string(refused.code)) + field,
                       std::string(sentence(refused.code))});
}

/// How many keys were destroyed.
Result<std::uint64_t> erase_in(const GarageChoice& choice, const garage::Erase& command) {
  auto stored = open_garage(choice, Access::working);
  if (!stored) return Failure(stored.error());
  Result<void> result;
  const garage::Input input = command;
  const auto handled =
      (*stored)->handle(SystemClock().now(), std::span(&input, 1), [&](const garage::Reply& reply) {
        if (const auto* refused = std::get_if<garage::Refused>(&reply.answer))
          result = refused_by(choice.name, *refused);
      });
  if (handled && !result) return Failure(result.error());
  if (!handled) return Failure(handled.error());
  return (*stored)->erased_keys();
}

}  // namespace

Result<std::uint64_t> erase_elsewhere(const GarageChoice& choice, const garage::Erase& command) {
  const auto config = load_garage(choice, ConfigUse::looks);
  if (!config) return Failure(config.error());
  auto others = garages_beside(choice.store, config->name);
  if (others.empty()) return 0;
  GarageChoice one = choice;
  const auto own = open_garage(one, Access::reading);
  if (!own || !(*own)->garage().use_of(command.name).empty()) return 0;  // it will say so itself
  for (const std::string& name : others) {
    one.name = name;
    const auto stored = open_garage(one, Access::reading);
    if (!stored) return Failure(stored.error());
    if (const auto use = (*stored)->garage().use_of(command.name); !use.empty())
      return refused_by(name, {garage::Refusal::in_use, use});
  }
  std::uint64_t keys = 0;
  for (const std::string& name : others) {
    one.name = name;
    const auto erased = erase_in(one, command);
    if (!erased) return erased;
    keys += *erased;
  }
  return keys;
}

std::vector<std::string> garages_beside(const std::string& store, const std::string& garage) {
  auto names = StoredGarage::names_in(store);
  if (!names) return {};  // the store is about to be made
  std::erase(*names, garage);
  return std::move(*names);
}

}  // namespace parking_lot::cli
