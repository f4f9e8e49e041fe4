#include "store_error.h"

namespace parking_lot {

std::string_view to_string(StoreFault fault) {
  switch (fault) {
    case StoreFault::io:
      return "io";
    case StoreFault::no_space:
      return "no_space";
    case StoreFault::locked:
      return "locked";
    case StoreFault::denied:
      return "denied";
    case StoreFault::fenced:
      return "fenced";
    case StoreFault::corrupt:
      return "corrupt";
    case StoreFault::newer_format:
      return "newer_format";
    case StoreFault::not_found:
      return "not_found";
    case StoreFault::out_of_order:
      return "out_of_order";
    case StoreFault::too_large:
      return "too_large";
    case StoreFault::read_only:
      return "read_only";
    case StoreFault::unsealed:
      return "unsealed";
    case StoreFault::superseded:
      return "superseded";
  }
  return "io";
}

namespace {

StoreFault fault_of(FileFault fault) {
  switch (fault) {
    case FileFault::no_space:
      return StoreFault::no_space;
    case FileFault::not_found:
      return StoreFault::not_found;
    case FileFault::locked:
      return StoreFault::locked;
    case FileFault::denied:
      return StoreFault::denied;
    case FileFault::fenced:
      return StoreFault::fenced;
    case FileFault::io:
    case FileFault::exists:
      break;
  }
  return StoreFault::io;
}

std::string place_in(std::string_view file, std::uint64_t offset) {
  return std::string(file) + ", byte " + std::to_string(offset) + ": ";
}

constexpr std::string_view advice =
    " store repairs nothing by itself: look with `parking-lot store verify`, then decide on `parking-lot "
    "store "
    "repair`.";

}  // namespace

Error error_of(const std::string& place, const StoreError& error) {
  std::string where = place;
  const bool is_named = error.message.rfind(error.file, 0) == 0;
  if (!is_named) where += "/" + error.file;
  if (error.fault == StoreFault::corrupt && !is_named) where += " at byte " + std::to_string(error.offset);
  return {where, error.message};
}

StoreError store_error(const FileError& error) {
  std::string message = error.file.empty() ? error.message : error.file + ": " + error.message;
  return {fault_of(error.fault), error.file, 0, std::move(message)};
}

tl::unexpected<StoreError> store_failure(const FileError& error) {
  return tl::unexpected(store_error(error));
}

tl::unexpected<StoreError> store_failure(StoreFault fault, std::string message) {
  return tl::unexpected(StoreError{fault, "", 0, std::move(message)});
}

std::string bare_message(const StoreError& error) {
  std::string_view message = error.message;
  if (const std::string place = place_in(error.file, error.offset); message.starts_with(place))
    message.remove_prefix(place.size());
  message = message.substr(0, message.rfind(advice));
  if (message.ends_with("; the")) message.remove_suffix(5);
  if (message.ends_with(" The")) message.remove_suffix(4);
  return std::string(message);
}

tl::unexpected<StoreError> corrupt(std::string_view file, std::uint64_t offset, std::string_view message) {
  return tl::unexpected(StoreError{StoreFault::corrupt, std::string(file), offset,
                                   place_in(file, offset) + std::string(message) +
                                       (message.ends_with('.') ? " The" : "; the") + std::string(advice)});
}

}  // namespace parking_lot
