#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace parking_lot {

namespace radix {

template <class T, class NumberOf>
void sort_few(std::span<T> items, NumberOf number_of) {
  for (std::size_t i = 1; i < items.size(); ++i) {
    const T item = items[i];
    std::size_t place = i;
    for (; place > 0 && number_of(item) < number_of(items[place - 1]); --place)
      items[place] = items[place - 1];
    items[place] = item;
  }
}

template <class T, class NumberOf>
void sort(std::span<T> items, std::span<T> scratch, NumberOf number_of) {
  constexpr std::size_t few = 24;
  if (items.size() <= few) return sort_few(items, number_of);
  std::uint64_t differing = 0;
  for (const T& item : items) differing |= std::uint64_t{number_of(item)} ^ number_of(items.front());
  if (differing == 0) return;
  int shift = 56;
  while ((differing >> shift & 0xff) == 0) shift -= 8;
  const auto digit = [&](const T& item) {
    return static_cast<std::size_t>(std::uint64_t{number_of(item)} >> shift & 0xff);
  };
  std::array<std::size_t, 256> ends{};
  for (const T& item : items) ++ends[digit(item)];
  std::size_t before = 0;
  for (std::size_t& end : ends) before += std::exchange(end, before);
  for (const T& item : items) scratch[ends[digit(item)]++] = item;
  std::copy(scratch.begin(), scratch.begin() + static_cast<std::ptrdiff_t>(items.size()), items.begin());
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    if (shift > 0 && end - begin > 1) sort(items.subspan(begin, end - begin), scratch, number_of);
    begin = end;
  }
}

}  // namespace radix

/// Sorts by a number of up to 64 bits; what is equal stays in its order. By the highest byte that differs,
/// then the share of each of its values by the next (McIlroy, Bostic and McIlroy, Engineering Radix Sort,
/// 1993), so that all but the first pass stay within a cache. Needs as much memory again.
template <class T, class NumberOf>
void radix_sort(std::vector<T>& items, NumberOf number_of) {
  const auto is_before = [&](const T& a, const T& b) { return number_of(a) < number_of(b); };
  if (std::is_sorted(items.begin(), items.end(), is_before)) return;
  std::vector<T> scratch(items.size());
  radix::sort(std::span<T>(items), std::span<T>(scratch), number_of);
}

}  // namespace parking_lot
