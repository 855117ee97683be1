// What a source is compiled with, and the hashes that follow from it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace takt::compile {

// Every flag for a source: ours for the target, then `extra` as they are; one of ours with
// the same name as an extra one gives way.
std::vector<std::string> compiler_flags(std::string_view source, const std::string& target,
                                        const std::vector<std::string>& extra);

// Equal: the same outputs, nothing to recompile. REQUIRES: load_compiler() succeeded
std::string inputs_hash(const std::string& source_bytes, const std::vector<std::string>& flags);

// What the machine code of a kernel depends on besides its IR and the resolved target.
// REQUIRES: load_compiler() succeeded
std::string kernel_salt(const std::vector<std::string>& flags);

}  // namespace takt::compile
