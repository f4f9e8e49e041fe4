#include "backend/memory/payloads.h"

#include <utility>

#include "parking_lot/json.h"

namespace parking_lot {

PayloadRef Payloads::put(std::string bytes) {
  const PayloadRef ref{.id = ++last_id_, .bytes = bytes.size(), .digest = digest_of(bytes)};
  bytes_ += ref.bytes;
  kept_.emplace(ref.id, std::make_shared<const std::string>(std::move(bytes)));
  return ref;
}

void Payloads::keep(std::uint64_t id, std::shared_ptr<const std::string> bytes) {
  const auto [place, is_new] = kept_.emplace(id, std::move(bytes));
  if (is_new) bytes_ += place->second->size();
}

std::shared_ptr<const std::string> Payloads::get(PayloadRef ref) const {
  const auto found = kept_.find(ref.id);
  return found == kept_.end() ? nullptr : found->second;
}

void Payloads::release(PayloadRef ref) {
  const auto found = kept_.find(ref.id);
  if (found == kept_.end()) return;
  bytes_ -= found->second->size();
  kept_.erase(found);
}

}  // namespace parking_lot
