#include <emscripten/emscripten.h>

#include <cstdint>
#include <string>

#include "session.h"

/// Bytes of payloads and results of lots that store something, and what happens to their disks. Without an
/// open lot, or with one that stores nothing, every call does nothing and answers 0.
namespace {

using namespace parking_lot;        // NOLINT(google-build-using-namespace): this file has no other purpose
using namespace parking_lot::wasm;  // NOLINT(google-build-using-namespace)

std::string bytes_in;
std::string bytes_out;

Storage* storage() { return session() ? session()->storage() : nullptr; }

}  // namespace

extern "C" {

/// Room for at least so many bytes, until the next call.
EMSCRIPTEN_KEEPALIVE char* pl_bytes_in(std::uint32_t size) {
  if (bytes_in.size() < size) bytes_in.resize(size);
  return bytes_in.data();
}

/// Keeps the first bytes of `pl_bytes_in` and answers their id.
EMSCRIPTEN_KEEPALIVE double pl_put(std::uint32_t length) {
  if (!storage()) return 0;
  constexpr std::size_t kept = 65536;
  const PayloadRef payload = storage()->put(bytes_in.substr(0, length));
  // One big payload must not hold its memory for ever.
  if (bytes_in.size() > kept) std::string(kept, '\0').swap(bytes_in);
  return static_cast<double>(payload.id);
}

/// Reads bytes into `pl_bytes_out` and answers their length, below 0 if they cannot be read.
EMSCRIPTEN_KEEPALIVE double pl_read(double id) {
  if (!storage() || !storage()->read({.id = static_cast<std::uint64_t>(id)}, bytes_out)) return -1;
  return static_cast<double>(bytes_out.size());
}
EMSCRIPTEN_KEEPALIVE const char* pl_bytes_out() { return bytes_out.data(); }

/// A sync of a disk has ended. `fault`: 0, or its number with its words ready.
EMSCRIPTEN_KEEPALIVE void pl_files_synced(std::uint32_t disk, std::int32_t fault) {
  if (storage()) storage()->synced(disk, fault);
}

/// 1: streams are being loaded; 2: commits are under way; 4: another owner has taken a store over; 8: names
/// were erased, and that is not durable yet.
EMSCRIPTEN_KEEPALIVE std::uint32_t pl_storage_state() {
  if (!storage()) return 0;
  return (storage()->is_loading() ? 1U : 0U) | (storage()->is_committing() ? 2U : 0U) |
         (storage()->is_fenced() ? 4U : 0U) | (storage()->is_erasing() ? 8U : 0U);
}

/// Before the lot is closed: the turns to come also confirm what is durable.
EMSCRIPTEN_KEEPALIVE void pl_settle_storage() {
  if (storage()) storage()->settle();
}

}  // extern "C"
