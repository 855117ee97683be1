#include "app/iree_ptr.h"

namespace takt {

Error iree_error(iree_status_t status, const std::string& what) {
  iree_allocator_t allocator = iree_allocator_system();
  char* text = nullptr;
  iree_host_size_t length = 0;
  std::string message = what + ": ";
  if (iree_status_to_string(status, &allocator, &text, &length)) {
    message.append(text, length);
    iree_allocator_free(allocator, text);
  } else {
    message += iree_status_code_string(iree_status_code(status));
  }
  iree_status_free(status);
  return failed(std::move(message));
}

}  // namespace takt
