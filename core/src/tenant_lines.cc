#include "tenant_lines.h"

#include <algorithm>

namespace parking_lot {
namespace {

// Of a pool with several resources, and of candidates for backfilling where tenants take turns: so many tasks
// in leaving order, among the lines of so many tenants in equal parts, but of each line at least so many.
constexpr std::uint64_t tasks_searched_max = 1024;
constexpr std::uint64_t lines_searched_max = 32;
constexpr std::uint64_t tasks_per_line_min = 8;

}  // namespace

template <class Cost>
auto TenantLines<Cost>::line_of(const ParkedTask& task) -> Line& {
  const std::uint8_t level = Place::of(task.key).level;
  const auto [place, is_new] = by_id_.try_emplace(id_of(level, task.tenant), 0);
  if (!is_new) return *lines_[place];
  if (free_.empty()) {
    place = static_cast<std::uint32_t>(lines_.size());
    lines_.emplace_back();
  } else {
    place = free_.back();
    free_.pop_back();
  }
  lines_[place] = std::make_unique<Line>();
  Line& line = *lines_[place];
  line.level = level;
  line.tenant = task.tenant;
  return line;
}

template <class Cost>
auto TenantLines<Cost>::find_line(std::uint8_t level, std::uint32_t tenant) const -> const Line* {
  const std::uint32_t* number = by_id_.find(id_of(level, tenant));
  return number == nullptr ? nullptr : lines_[*number].get();
}

/// Of a line whose tenant has no room for its cheapest task, nothing fits, whatever is free.
template <class Cost>
auto TenantLines<Cost>::sum_of(const Line& line) const -> Sum {
  Sum sum = line.tasks.total();
  sum.lines = 1;
  const Tenant& tenant = tenants_[line.tenant];
  if (tenant.limit && !sum.least.fits(tenant.room())) sum.least = Cost{};
  return sum;
}

template <class Cost>
auto TenantLines<Cost>::place_now(const Line& line) const -> LinePlace {
  const std::int64_t service =
      turns_ == Turns::by_service ? tenants_[line.tenant].service(line.level) : std::int64_t{0};
  return {service, line.tasks.front()->key};
}

template <class Cost>
void TenantLines<Cost>::relist(std::uint32_t number) {
  Line& line = *lines_[number];
  Lines& its_class = classes_[line.level];
  const LinePlace place = place_now(line);
  if (place == line.place) {
    its_class.update(place, sum_of(line));
    return;
  }
  its_class.erase(line.place);
  line.place = place;
  its_class.insert({place, sum_of(line), number});
}

template <class Cost>
void TenantLines<Cost>::insert(const ParkedTask& task) {
  Line& line = line_of(task);
  const std::uint32_t number = *by_id_.find(id_of(line.level, line.tenant));
  const bool is_listed = !line.tasks.empty();
  Sum sum;
  sum.least = Cost::of(task.cost);
  sum.tasks = 1;
  sum.units = task.units;
  line.tasks.insert({admission_of(task.key), sum, task.slot});
  ++size_;
  if (is_listed) return relist(number);
  line.place = place_now(line);
  classes_[line.level].insert({line.place, sum_of(line), number});
}

template <class Cost>
void TenantLines<Cost>::erase(const ParkedTask& task) {
  const std::uint64_t id = id_of(Place::of(task.key).level, task.tenant);
  const std::uint32_t* place = by_id_.find(id);
  PARKING_LOT_CHECK(place != nullptr);
  const std::uint32_t number = *place;
  Line& line = *lines_[number];
  line.tasks.erase(admission_of(task.key));
  --size_;
  if (!line.tasks.empty()) return relist(number);
  classes_[line.level].erase(line.place);
  by_id_.erase(id);
  lines_[number].reset();
  free_.push_back(number);
}

template <class Cost>
std::optional<std::int64_t> TenantLines<Cost>::least_service(std::uint8_t level,
                                                             const Amounts& capacity) const {
  const auto* first = classes_[level].first([&](const Sum& sum) { return sum.least.fits(capacity); });
  if (first == nullptr) return std::nullopt;
  return first->key.service;
}

template <class Cost>
bool TenantLines<Cost>::can_run(std::uint8_t level, std::uint32_t tenant, const Amounts& capacity) const {
  const Line* line = find_line(level, tenant);
  return line != nullptr && sum_of(*line).least.fits(capacity);
}

template <class Cost>
std::optional<FoundTask> TenantLines<Cost>::first_blocked(std::uint8_t level, std::int64_t service,
                                                          const Amounts& capacity,
                                                          const Amounts& free) const {
  const auto can_run = [&](const Sum& sum) { return sum.least.fits(capacity); };
  const auto* its_line = classes_[level].first(can_run);
  for (std::uint64_t seen = 0; its_line != nullptr && its_line->key.service < service; ++seen) {
    if (seen == lines_searched_max) break;
    const Line& line = *lines_[its_line->slot];
    const auto* task = item_in_line(line, capacity, 0, searched_max(level));
    if (task != nullptr && !task->value.least.fits(free)) return found(line, *task);
    its_line = classes_[level].first_after(its_line->key, can_run);
  }
  return std::nullopt;
}

template <class Cost>
void TenantLines<Cost>::refresh(std::uint32_t tenant) {
  for (std::uint8_t level = 0; level < levels; ++level) {
    if (const std::uint32_t* number = by_id_.find(id_of(level, tenant))) relist(*number);
  }
}

template <class Cost>
Amounts TenantLines<Cost>::within_room(const Line& line, const Amounts& free) const {
  const Tenant& tenant = tenants_[line.tenant];
  if (!tenant.limit) return free;
  Amounts least = tenant.room();
  for (std::size_t i = 0; i < resources_max; ++i) least.of[i] = std::min(least.of[i], free.of[i]);
  return least;
}

template <class Cost>
FoundTask TenantLines<Cost>::found(const Line& line, const typename Tasks::Item& item) const {
  FoundTask task;
  const auto priority = static_cast<Priority>(3 - line.level);
  task.entry = {QueueKey::of(priority, item.key), item.value.units, item.slot};
  task.place = {line.level, line.place.service, turns_ == Turns::by_service ? line.place.head : item.key,
                item.key};
  return task;
}

/// How many tasks of each line are candidates where not all are.
template <class Cost>
std::uint64_t TenantLines<Cost>::candidates_max(std::uint8_t level) const {
  if (turns_ == Turns::by_admission) return tasks_searched_max;
  const std::uint64_t lines = std::max<std::uint64_t>(classes_[level].size(), 1);
  return std::max(tasks_searched_max / lines, tasks_per_line_min);
}

/// How many tasks of each line are looked at for the first that fits.
template <class Cost>
std::uint64_t TenantLines<Cost>::searched_max(std::uint8_t level) const {
  return Cost::is_exact ? ~std::uint64_t{0} : candidates_max(level);
}

/// The first task of a line that fits, among those after an admission number.
template <class Cost>
auto TenantLines<Cost>::item_in_line(const Line& line, const Amounts& free, std::uint64_t after,
                                     std::uint64_t searched_max) const -> const typename Tasks::Item* {
  const Amounts room = within_room(line, free);
  const bool is_bounded = searched_max != ~std::uint64_t{0};
  std::uint64_t seen = !is_bounded || after == 0 ? 0 : line.tasks.before(after + 1).tasks;
  return line.tasks.first_after(after, [&](const Sum& sum) {
    if (seen >= searched_max) return false;
    if (sum.least.fits(room)) return true;
    if (is_bounded) seen += sum.tasks;
    return false;
  });
}

template <class Cost>
std::optional<FoundTask> TenantLines<Cost>::first_in_line(const Line& line, const Amounts& free,
                                                          std::uint64_t after,
                                                          std::uint64_t searched_max) const {
  const auto* item = item_in_line(line, free, after, searched_max);
  if (item == nullptr) return std::nullopt;
  return found(line, *item);
}

/// The lines stand by their oldest tasks, so that a line whose oldest is younger than what was found needs no
/// look.
template <class Cost>
std::optional<FoundTask> TenantLines<Cost>::first_by_admission(std::uint8_t level, const Amounts& free,
                                                               std::uint64_t after) const {
  std::optional<FoundTask> best;
  const auto fits = [&](const Sum& sum) { return sum.least.fits(free); };
  classes_[level].first(fits, [&](const typename Lines::Item& item) {
    if (best && item.key.head >= best->place.admission) return true;
    const auto candidate = first_in_line(*lines_[item.slot], free, after, searched_max(level));
    if (candidate && (!best || candidate->place < best->place)) best = candidate;
    return false;
  });
  return best;
}

template <class Cost>
std::optional<FoundTask> TenantLines<Cost>::first_by_service(std::uint8_t level, const Amounts& free,
                                                             std::uint64_t& lines_seen) const {
  const std::uint64_t lines_max = Cost::is_exact ? ~std::uint64_t{0} : lines_searched_max;
  const auto fits = [&](const Sum& sum) {
    if (lines_seen >= lines_max) return false;
    if (sum.least.fits(free)) return true;
    lines_seen += sum.lines;
    return false;
  };
  std::optional<FoundTask> task;
  classes_[level].first(fits, [&](const typename Lines::Item& item) {
    task = first_in_line(*lines_[item.slot], free, 0, searched_max(level));
    if (!task) ++lines_seen;
    return task.has_value();
  });
  return task;
}

template <class Cost>
std::optional<FoundTask> TenantLines<Cost>::first_that_fits(const Amounts& free) const {
  std::uint64_t lines_seen = 0;
  for (std::uint8_t level = 0; level < levels; ++level) {
    if (classes_[level].empty()) continue;
    const auto task = turns_ == Turns::by_service ? first_by_service(level, free, lines_seen)
                                                  : first_by_admission(level, free, 0);
    if (task) return task;
  }
  return std::nullopt;
}

template <class Cost>
std::optional<FoundTask> TenantLines<Cost>::next_candidate(Walk& walk, const Amounts& free) {
  const auto fits = [&](const Sum& sum) { return sum.least.fits(free); };
  for (; walk.after.level < levels; ++walk.after.level, walk.after.service = INT64_MIN, walk.after.head = 0) {
    const std::uint8_t level = walk.after.level;
    if (turns_ == Turns::by_admission) {
      const auto task = first_by_admission(level, free, walk.after.head);
      if (!task) continue;
      walk.after.head = task->entry.key.value & ((std::uint64_t{1} << 62) - 1);
      return task;
    }
    // Lines before the walk's place are done with; the line there may have more.
    std::optional<FoundTask> task;
    const LinePlace after{walk.after.service, walk.after.head};
    classes_[level].first_after(after, fits, [&](const typename Lines::Item& item) {
      if (walk.lines >= lines_searched_max) return true;
      Line& line = *lines_[item.slot];
      if (line.walk != walk.number) {
        line.walk = walk.number;
        line.looked_through = 0;
      }
      task = first_in_line(line, free, line.looked_through, candidates_max(level));
      if (task) {
        line.looked_through = task->place.admission;
        return true;
      }
      walk.after.service = item.key.service;
      walk.after.head = item.key.head;
      ++walk.lines;
      return false;
    });
    if (task) return task;
  }
  return std::nullopt;
}

template <class Cost>
Place TenantLines<Cost>::place_of(const ParkedTask& task) const {
  const Place key = Place::of(task.key);
  const Line* line = find_line(key.level, task.tenant);
  if (line == nullptr || turns_ == Turns::by_admission) return key;
  return {key.level, line->place.service, line->place.head, key.admission};
}

template <class Cost>
TaskQueue::Ahead TenantLines<Cost>::ahead_of(const ParkedTask& task) const {
  const Place place = place_of(task);
  Sum sum;
  for (std::uint8_t level = 0; level < place.level; ++level) sum.add(classes_[level].total());
  if (turns_ == Turns::by_service) {
    sum.add(classes_[place.level].before({place.service, place.head}));
    const Line* line = find_line(place.level, task.tenant);
    if (line != nullptr) sum.add(line->tasks.before(place.admission));
  } else {
    const auto* item = classes_[place.level].front();
    for (; item != nullptr && item->key.head < place.admission;) {
      sum.add(lines_[item->slot]->tasks.before(place.admission));
      item = classes_[place.level].first_after(item->key, [](const Sum&) { return true; });
    }
  }
  return {sum.tasks, sum.units};
}

template <class Cost>
std::vector<std::uint32_t> TenantLines<Cost>::upcoming(std::size_t limit, Charge charge,
                                                       const void* context) const {
  std::vector<std::uint32_t> slots;
  for (const Lines& its_class : classes_) {
    std::map<LinePlace, std::pair<const Line*, const typename Tasks::Item*>> turns;
    const auto any = [](const Sum&) { return true; };
    for (const auto* item = its_class.front(); item != nullptr;
         item = its_class.first_after(item->key, any)) {
      const Line& line = *lines_[item->slot];
      const auto* task = line.tasks.front();
      turns.emplace(LinePlace{item->key.service, task->key}, std::pair(&line, task));
    }
    while (!turns.empty() && slots.size() < limit) {
      const auto [place, next] = *turns.begin();
      turns.erase(turns.begin());
      const auto [line, task] = next;
      slots.push_back(task->slot);
      const auto* after = line->tasks.first_after(task->key, any);
      if (after == nullptr) continue;
      std::int64_t service = place.service;
      if (turns_ == Turns::by_service)
        service += static_cast<std::int64_t>(charge(context, task->slot) / tenants_[line->tenant].weight);
      turns.emplace(LinePlace{service, after->key}, std::pair(line, after));
    }
  }
  return slots;
}

template <class Cost>
void TenantLines<Cost>::visit_heads(void (*visit)(void* context, std::uint32_t slot), void* context) const {
  for (const Lines& its_class : classes_) {
    const auto* item = its_class.front();
    while (item != nullptr) {
      visit(context, lines_[item->slot]->tasks.front()->slot);
      item = its_class.first_after(item->key, [](const Sum&) { return true; });
    }
  }
}

template <class Cost>
std::size_t TenantLines<Cost>::memory_bytes() const {
  std::size_t bytes = sizeof(*this) + lines_.capacity() * sizeof(void*);
  bytes += by_id_.memory_bytes();
  for (const Lines& its_class : classes_) bytes += its_class.memory_bytes();
  for (const auto& line : lines_) {
    if (line) bytes += sizeof(Line) + line->tasks.memory_bytes();
  }
  return bytes;
}

template class TenantLines<SingleCost>;
template class TenantLines<VectorCost>;

}  // namespace parking_lot
