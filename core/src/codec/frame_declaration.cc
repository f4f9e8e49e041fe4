#include <algorithm>

#include "codec/record_reader.h"
#include "codec/record_varint.h"
#include "parking_lot/frame.h"

namespace parking_lot {

void append_declaration(FrameHead head, StreamKind kind, std::string_view name, ChainHash& chain,
                        Bytes& out) {
  head.kind = FrameKind::stream;
  head.count = 0;
  Bytes body;
  body.reserve(1 + chain.size() + varint_bytes_max + name.size());
  body.push_back(static_cast<std::uint8_t>(kind));
  body.insert(body.end(), chain.begin(), chain.end());
  std::uint8_t length[varint_bytes_max];
  body.insert(body.end(), length, put_varint(length, name.size()));
  body.insert(body.end(), name.begin(), name.end());
  append_frame(head, body, chain, out);
}

Result<StreamDeclaration> decode_declaration(const Frame& frame) {
  if (frame.head.kind != FrameKind::stream) return Failure({"byte 12", "The frame declares no stream."});
  ByteReader in(frame.body);
  StreamDeclaration declaration;
  const std::uint8_t kind = in.byte();
  const ByteView previous = in.bytes(declaration.previous.size());
  declaration.name = in.view(in.varint());
  if (in.failed() || !in.is_at_end()) return Failure({"byte 80", "The declaration of a stream is damaged."});
  if (kind < static_cast<std::uint8_t>(StreamKind::pool) ||
      kind > static_cast<std::uint8_t>(StreamKind::mailbox))
    return Failure(
        {"byte 80", "The stream is of a kind that only a newer version of the program knows: use it."});
  declaration.kind = static_cast<StreamKind>(kind);
  std::copy(previous.begin(), previous.end(), declaration.previous.begin());
  return declaration;
}

}  // namespace parking_lot
