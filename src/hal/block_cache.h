// BlockCache: memory for queue_alloca, kept for the next one of the same size. A call
// allocates the same transient and output sizes every time: it gets the same addresses
// again, already touched, without page faults. Contents are undefined, as the HAL allows.
//
// Thread-safe; one per process and never destroyed, because buffers outlive devices.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <vector>

#include "iree/hal/api.h"

namespace takt {

class BlockCache {
 public:
  static BlockCache& instance();

  // A buffer of `size` bytes whose memory comes back here when it is destroyed.
  iree_status_t allocate(iree_hal_buffer_params_t params, iree_device_size_t size,
                         iree_allocator_t host_allocator, iree_hal_buffer_t** out_buffer);
  // Frees what is not in use.
  void trim();

 private:
  // Above this much unused memory blocks are freed at once.
  static constexpr size_t kUnusedBytesMax = size_t{256} << 20;
  static constexpr size_t kAlignment = 64;
  struct alignas(kAlignment) Header {
    size_t bytes;   // of the block behind it
  };

  Header* take(size_t bytes);
  void give(Header* block);
  static void release(void* user_data, iree_hal_buffer_t* buffer);

  std::mutex mutex_;
  std::map<size_t, std::vector<Header*>> unused_;   // by size, last used on top
  size_t unused_bytes_ = 0;
};

}  // namespace takt
