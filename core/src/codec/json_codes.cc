#include "codec/json_words.h"
#include "codec/json_writer.h"
#include "parking_lot/json.h"

namespace parking_lot {
namespace {

template <class Enum>
void write_vocabulary(JsonWriter& out, std::string_view type) {
  out.key(type).open('[');
  for (const Word& word : WordsOf<Enum>::list) {
    out.open('{').member("name", word.name).member("number", word.number);
    if constexpr (std::is_same_v<Enum, Refusal>) {
      const auto refusal = static_cast<Refusal>(word.number);
      out.member("http", static_cast<std::uint64_t>(http_status(refusal)))
          .member("sentence", sentence(refusal));
    }
    out.close('}');
  }
  out.close(']');
}

}  // namespace

std::string codes_json() {
  JsonWriter out;
  out.open('{');
  write_vocabulary<Priority>(out, "Priority");
  write_vocabulary<ResourceKind>(out, "ResourceKind");
  write_vocabulary<Status>(out, "Status");
  write_vocabulary<Refusal>(out, "Refusal");
  write_vocabulary<Reason>(out, "Reason");
  write_vocabulary<PoolState>(out, "PoolState");
  write_vocabulary<StreamState>(out, "StreamState");
  write_vocabulary<Action>(out, "Action");
  write_vocabulary<SubjectKind>(out, "SubjectKind");
  write_vocabulary<Policy>(out, "Policy");
  write_vocabulary<Dedup>(out, "Dedup");
  write_vocabulary<OnDisconnect>(out, "OnDisconnect");
  write_vocabulary<Wait>(out, "Wait");
  out.close('}');
  return std::move(out).text();
}

}  // namespace parking_lot
