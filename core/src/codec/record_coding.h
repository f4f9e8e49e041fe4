#pragma once

#include <string>
#include <utility>
#include <variant>

#include "codec/garage_format.h"
#include "codec/record_reader.h"
#include "codec/record_writer.h"

/// Encoding and decoding for any kind of stream. Each kind has a file of its own that makes them, so that a
/// program without garages does without their code.
namespace parking_lot::record_coding {

constexpr std::size_t workspace_bytes_kept = std::size_t{1} << 20;

template <class AnyRecord>
void encode_all(std::span<const AnyRecord> records, WallTime frame_time, NameKeys* keys, Bytes& out) {
  // Kept from call to call, for a store encodes one record at a time; but not once it is large.
  static thread_local Bytes workspace;
  RecordWriter writer(workspace, keys);
  for (const AnyRecord& record : records) {
    std::visit([&](const auto& fact) { writer.write(fact, record.at, frame_time); }, record.fact);
  }
  out.insert(out.end(), writer.written().begin(), writer.written().end());
  if (workspace.size() > workspace_bytes_kept) Bytes().swap(workspace);
}

/// Extensions follow the fields that all readers of version 1 know. Those with an even number may be skipped.
inline void skip_extensions(ByteReader& in) {
  while (!in.is_at_end()) {
    const std::uint64_t number = in.varint();
    if ((number & 1) != 0) return in.newer("an extension that this version does not know");
    in.bytes(in.varint());
  }
}

template <class AnyRecord, std::size_t... index>
void read_fact(std::uint64_t type, AnyRecord& record, FieldsReader& fields, std::uint64_t mask,
               std::index_sequence<index...>) {
  using Facts = decltype(record.fact);
  const auto read_if = [&]<std::size_t one>() {
    if (type != RecordFormat<std::variant_alternative_t<one, Facts>>::type) return false;
    fields.read(record.fact.template emplace<one>(), mask, first_field_bit);
    return true;
  };
  (void)(read_if.template operator()<index>() || ...);
}

template <class Facts, std::size_t... index>
bool knows_type(std::uint64_t type, std::index_sequence<index...>) {
  return ((type == RecordFormat<std::variant_alternative_t<index, Facts>>::type) || ...);
}

template <class Facts>
bool knows_type(std::uint64_t type) {
  return knows_type<Facts>(type, std::make_index_sequence<std::variant_size_v<Facts>>());
}

/// False, with a fault, if this kind of stream has no records of this type.
template <class Facts>
bool accepts_type(std::uint64_t type, Numbering numbering, ByteReader& in) {
  if (!knows_type<Facts>(type)) {
    if (knows_type<Fact>(type) || knows_type<mailbox::Fact>(type) || knows_type<garage::Fact>(type))
      in.damaged("it belongs to a stream of another kind");
    else if (type == 0)
      in.damaged("its type is 0");
    else
      in.newer("a type that this version does not know");
  } else if (is_state(type) != (numbering == Numbering::same)) {
    in.damaged("state and events stand in frames of their own");
  }
  return !in.failed();
}

template <class AnyRecord>
void read_body(std::uint64_t type, ByteReader& body, const RecordsFrame& frame, NameKeys* keys,
               AnyRecord& record, RecordLists& lists) {
  using Facts = decltype(record.fact);
  if (!accepts_type<Facts>(type, frame.numbering, body)) return;
  const std::uint64_t mask = body.varint();
  record.at = frame.time;
  if ((mask & has_own_time) != 0) {
    record.at.ms = wrapping_sum(frame.time.ms, unzigzag(body.varint()));
    if (record.at == frame.time) body.damaged("its own time is the frame's");
  }
  if ((mask & has_link) != 0) {
    const std::uint64_t distance = body.varint();
    if (distance == 0 || distance >= record.sequence) body.damaged("its link leads to no earlier record");
  }
  FieldsReader fields(body, record.at, lists, keys);
  read_fact(type, record, fields, mask, std::make_index_sequence<std::variant_size_v<Facts>>());
  skip_extensions(body);
}

template <class AnyRecord>
ReadFault read_record(ByteReader& in, const RecordsFrame& frame, NameKeys* keys, AnyRecord& record,
                      RecordLists& lists) {
  const std::uint64_t type = in.varint();
  ByteReader body(in.bytes(in.varint()));
  if (in.failed()) return in.fault();
  const std::size_t body_start = in.offset() - body.left();
  read_body(type, body, frame, keys, record, lists);
  ReadFault fault = body.fault();
  fault.offset += body_start;
  return fault;
}

inline Failure failure(const ReadFault& fault, std::uint64_t sequence) {
  const std::string record = "Record " + std::to_string(sequence);
  const std::string what(fault.what);
  return Failure({"byte " + std::to_string(fault.offset),
                  fault.kind == ReadFault::Kind::newer
                      ? record + " was written by a newer version of the program: it has " + what +
                            "; open the store with that version."
                      : record + " is damaged: " + what + "."});
}

template <class AnyRecord>
Result<void> decode_all(ByteView bytes, const RecordsFrame& frame, NameKeys* keys,
                        DecodedRecords<AnyRecord>& out) {
  ByteReader in(bytes);
  const bool is_dense = frame.numbering == Numbering::dense;
  if (is_dense && (frame.first_sequence == 0 || frame.first_sequence + frame.count < frame.first_sequence))
    return Failure({"byte 0", "The records' numbers are damaged: they begin with 0 or end beyond 64 bits."});
  for (std::uint32_t i = 0; i < frame.count; ++i) {
    AnyRecord& record = out.records.emplace_back();
    record.sequence = frame.first_sequence + (is_dense ? i : 0);
    const ReadFault fault = read_record(in, frame, keys, record, out.lists);
    if (fault.kind != ReadFault::Kind::none) {
      const std::uint64_t sequence = record.sequence;
      out.records.pop_back();
      return failure(fault, sequence);
    }
  }
  if (in.is_at_end()) return {};
  return Failure(
      {"byte " + std::to_string(in.offset()), "Further bytes follow the last record: the count is damaged."});
}

}  // namespace parking_lot::record_coding
