#pragma once

#include <algorithm>
#include <functional>

namespace parking_lot {

/// Like std::sort, O(n log n), with a fifth of its code: for what is sorted seldom, in a program that is
/// downloaded before it runs.
template <class Place, class Before = std::less<>>
void heap_sort(Place first, Place last, Before before = {}) {
  std::make_heap(first, last, before);
  std::sort_heap(first, last, before);
}

}  // namespace parking_lot
