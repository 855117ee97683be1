// takt-run-module: IREE's iree-run-module with the takt driver registered beside the stock ones.
// All flags are those of the stock tool; --device=takt or --device=takt://?... selects takt.
#include <cstdio>

#include "hal/takt_driver.h"
#include "iree/base/tooling/flags.h"
#include "iree/tooling/context_util.h"
#include "iree/tooling/run_module.h"
#include "iree/vm/api.h"

namespace {

iree_status_t run(int* exit_code) {
  IREE_RETURN_IF_ERROR(takt_hal_driver_register(iree_hal_driver_registry_default()));
  iree_vm_instance_t* instance = nullptr;
  IREE_RETURN_IF_ERROR(iree_tooling_create_instance(iree_allocator_system(), &instance));
  iree_status_t status =
      iree_tooling_run_module_from_flags(instance, iree_allocator_system(), exit_code);
  iree_vm_instance_release(instance);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  iree_flags_set_usage("takt-run-module", "Runs a compiled IREE module, also on --device=takt.\n");
  iree_flags_parse_checked(IREE_FLAGS_PARSE_MODE_DEFAULT, &argc, &argv);
  int exit_code = 0;
  iree_status_t status = run(&exit_code);
  if (iree_status_is_ok(status)) return exit_code;
  iree_status_fprint(stderr, status);
  iree_status_free(status);
  return 1;
}
