#include "hal/block_cache.h"

#include <bit>
#include <cstdlib>

namespace takt {
namespace {

// Rounds up to eight sizes per power of two: at most 1/8 is wasted, sizes that differ a
// little share blocks.
size_t size_class(size_t bytes) {
  if (bytes <= 512) return (bytes + 63) & ~size_t{63};
  const size_t step = std::bit_floor(bytes - 1) / 8;
  return (bytes + step - 1) / step * step;
}

}  // namespace

BlockCache& BlockCache::instance() {
  static BlockCache* const cache = new BlockCache();
  return *cache;
}

BlockCache::Header* BlockCache::take(size_t bytes) {
  {
    std::lock_guard lock(mutex_);
    const auto found = unused_.find(bytes);
    if (found != unused_.end() && !found->second.empty()) {
      Header* block = found->second.back();
      found->second.pop_back();
      unused_bytes_ -= bytes;
      return block;
    }
  }
  void* memory = std::aligned_alloc(kAlignment, sizeof(Header) + bytes);
  return memory ? new (memory) Header{bytes} : nullptr;
}

void BlockCache::give(Header* block) {
  {
    std::lock_guard lock(mutex_);
    if (unused_bytes_ + block->bytes <= kUnusedBytesMax) {
      unused_[block->bytes].push_back(block);
      unused_bytes_ += block->bytes;
      return;
    }
  }
  std::free(block);
}

void BlockCache::release(void* user_data, iree_hal_buffer_t*) {
  instance().give(static_cast<Header*>(user_data));
}

iree_status_t BlockCache::allocate(iree_hal_buffer_params_t params, iree_device_size_t size,
                                   iree_allocator_t host_allocator,
                                   iree_hal_buffer_t** out_buffer) {
  Header* block = size <= SIZE_MAX / 2 ? take(size_class(size)) : nullptr;
  if (!block)
    return iree_make_status(IREE_STATUS_RESOURCE_EXHAUSTED,
                            "takt: no memory for a queue_alloca of %" PRIu64 " bytes",
                            uint64_t(size));
  iree_hal_buffer_release_callback_t callback = {};
  callback.fn = release;
  callback.user_data = block;
  iree_status_t status = iree_hal_heap_buffer_wrap(
      iree_hal_buffer_placement_undefined(), params.type, params.access, params.usage, size,
      iree_make_byte_span(block + 1, size), callback, host_allocator, out_buffer);
  if (!iree_status_is_ok(status)) give(block);
  return status;
}

void BlockCache::trim() {
  std::lock_guard lock(mutex_);
  for (auto& [bytes, blocks] : unused_)
    for (Header* block : blocks) std::free(block);
  unused_.clear();
  unused_bytes_ = 0;
}

}  // namespace takt
