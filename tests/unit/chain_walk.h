#pragma once

#include <map>
#include <string>

#include "parking_lot/frame.h"

namespace parking_lot {

/// Follows the chain of a segment's streams, and gives the first frame that does not fit.
inline std::string first_broken_link(ByteView segment) {
  std::map<std::uint32_t, ChainHash> chains;
  std::size_t at = segment_header_bytes;
  for (Frame frame = parse_frame(segment, at); frame.status == Frame::Status::ok;
       frame = parse_frame(segment, at)) {
    if (frame.head.kind == FrameKind::stream) chains[frame.head.stream] = decode_declaration(frame)->previous;
    ChainHash& chain = chains[frame.head.stream];
    chain = chain_after(chain, frame.bytes);
    if (chain != frame.chain) return "frame at " + std::to_string(at);
    at = frame.next;
  }
  return at == segment.size() ? "" : "damage at " + std::to_string(at);
}

}  // namespace parking_lot
