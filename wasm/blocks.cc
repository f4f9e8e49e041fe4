#include "blocks.h"

#include <algorithm>
#include <cstring>

namespace parking_lot::wasm {
namespace {

constexpr std::size_t usual_room = 4096;

}  // namespace

void Blocks::grow_to(std::size_t count) {
  while (blocks_.size() < count) blocks_.push_back(std::make_unique<unsigned char[]>(block_bytes_));
}

std::string_view KeptTexts::keep(std::string_view text) {
  if (text.empty()) return {};
  if (room_ - used_ < text.size()) {
    room_ = std::max(usual_room, text.size());
    used_ = 0;
    blocks_.push_back(std::make_unique<unsigned char[]>(room_));
  }
  char* const place = reinterpret_cast<char*>(blocks_.back().get()) + used_;
  std::memcpy(place, text.data(), text.size());
  used_ += text.size();
  return {place, text.size()};
}

void KeptTexts::clear() {
  used_ = 0;
  if (blocks_.size() == 1 && room_ == usual_room) return;
  blocks_.clear();
  room_ = 0;
}

}  // namespace parking_lot::wasm
