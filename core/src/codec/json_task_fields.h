#pragma once

#include "codec/json_reader.h"
#include "codec/json_value.h"
#include "parking_lot/json.h"

namespace parking_lot {

/// A task while it is being read.
struct TaskDraft {
  ParsedTask task;
  const PoolConfig* pool = nullptr;  ///< gives defaults and limits; nullptr: none
  Now now;
};

/// Reads all fields of a specification whose keys are in snake_case and none of whose members is null.
void read_task_fields(JsonReader& reader, const JsonValue& object, TaskDraft& draft);

}  // namespace parking_lot
