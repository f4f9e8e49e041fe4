#include "backend/memory/payloads.h"

#include <utility>

namespace parking_lot {

std::uint64_t digest_of(std::string_view bytes) {
  std::uint64_t digest = 0xcbf29ce484222325;
  for (const char byte : bytes) {
    digest ^= static_cast<unsigned char>(byte);
    digest *= 0x100000001b3;
  }
  return digest;
}

PayloadRef Payloads::put(std::string bytes) {
  const PayloadRef ref{.id = ++last_id_, .bytes = bytes.size(), .digest = digest_of(bytes)};
  bytes_ += ref.bytes;
  kept_.emplace(ref.id, std::make_shared<const std::string>(std::move(bytes)));
  return ref;
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
