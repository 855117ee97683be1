#include "compile/session.h"

namespace takt::compile {
namespace {

std::string take_message(IreeError* error) {
  std::string text = compiler_api().ireeCompilerErrorGetMessage(error);
  compiler_api().ireeCompilerErrorDestroy(error);
  return text;
}

// A flag of the iree-compile program that sessions do not know: the default of a module
// attribute, so it is set there.
constexpr std::string_view kFavorFlag = "--iree-stream-partitioning-favor=";
constexpr std::string_view kFavorAttribute = "stream.partitioning";

// An invocation with its diagnostics; errors only, with their notes as the compiler prints
// them ("file:line:col: error: ...").
class Invocation {
 public:
  explicit Invocation(IreeSession* session)
      : handle_(compiler_api().ireeCompilerInvocationCreate(session)) {
    compiler_api().ireeCompilerInvocationEnableCallbackDiagnostics(handle_, 0, on_diagnostic, this);
  }
  Invocation(const Invocation&) = delete;
  ~Invocation() { compiler_api().ireeCompilerInvocationDestroy(handle_); }

  IreeInvocation* handle() const { return handle_; }
  const std::string& errors() const { return errors_; }

 private:
  static void on_diagnostic(int severity, const char* message, size_t size, void* self) {
    constexpr int kError = 2;
    if (severity != kError) return;
    std::string& errors = static_cast<Invocation*>(self)->errors_;
    if (!errors.empty()) errors += '\n';
    errors.append(message, size);
    while (!errors.empty() && errors.back() == '\n') errors.pop_back();
  }

  IreeInvocation* handle_;
  std::string errors_;
};

}  // namespace

Module& Module::operator=(Module&& other) noexcept {
  if (this != &other) {
    if (op_) compiler_api().mlirOperationDestroy(op_.handle());
    op_ = other.release();
  }
  return *this;
}

Module::~Module() {
  if (op_) compiler_api().mlirOperationDestroy(op_.handle());
}

Op Module::release() {
  const Op op = op_;
  op_ = Op();
  return op;
}

void Session::Deleter::operator()(IreeSession* session) const {
  compiler_api().ireeCompilerSessionDestroy(session);
}

Result<Session> Session::create(const std::vector<std::string>& flags) {
  TAKT_TRY(load_compiler());
  Session session(compiler_api().ireeCompilerSessionCreate());
  for (const std::string& flag : flags) {
    if (flag.rfind(kFavorFlag, 0) == 0) {
      session.favor_ = flag.substr(kFavorFlag.size());
      continue;
    }
    const char* text = flag.c_str();
    if (IreeError* error =
            compiler_api().ireeCompilerSessionSetFlags(session.session_.get(), 1, &text))
      return bad_input("the compiler refuses the flag " + flag + ": " + take_message(error));
  }
  return session;
}

Result<Module> Session::parse(std::string_view source_text, const std::string& name) {
  const CompilerApi& api = compiler_api();
  source_name_ = name;
  IreeSource* source = nullptr;
  if (IreeError* error = api.ireeCompilerSourceWrapBuffer(
          session_.get(), name.c_str(), source_text.data(), source_text.size(), false, &source))
    return bad_input(name + ": " + take_message(error));
  Invocation invocation(session_.get());
  const bool parsed = api.ireeCompilerInvocationParseSource(invocation.handle(), source);
  Module module;
  if (parsed)
    module = Module(Op(api.ireeCompilerInvocationExportStealModule(invocation.handle())));
  api.ireeCompilerSourceDestroy(source);
  if (!parsed)
    return bad_input(invocation.errors().empty() ? name + ": is not MLIR" : invocation.errors());
  if (!favor_.empty() && !module.op().attr(kFavorAttribute)) {
    const std::string text = "#stream.partitioning_config<\"" + favor_ + "\">";
    const MlirAttribute favor =
        api.mlirAttributeParseGet(module.op().context(), {text.data(), text.size()});
    if (!favor.ptr)
      return bad_input("the compiler refuses " + std::string(kFavorFlag) + favor_ +
                       "; it knows min-peak-memory, max-concurrency and debug");
    module.op().set_attr(kFavorAttribute, favor);
  }
  return module;
}

Result<Module> Session::run(Module module, const char* from, const char* to) {
  const CompilerApi& api = compiler_api();
  Invocation invocation(session_.get());
  const auto gave_up = [&] {
    return failed(invocation.errors().empty()
                      ? source_name_ + ": the compiler gave up before phase " + to
                      : invocation.errors());
  };
  if (*from) api.ireeCompilerInvocationSetCompileFromPhase(invocation.handle(), from);
  api.ireeCompilerInvocationSetCompileToPhase(invocation.handle(), to);
  if (!api.ireeCompilerInvocationImportStealModule(invocation.handle(), module.release().handle()))
    return gave_up();
  if (!api.ireeCompilerInvocationPipeline(invocation.handle(), /*IREE_COMPILER_PIPELINE_STD*/ 0))
    return gave_up();
  return Module(Op(api.ireeCompilerInvocationExportStealModule(invocation.handle())));
}

Result<std::string> Session::vm_bytecode(Module module) {
  const CompilerApi& api = compiler_api();
  Invocation invocation(session_.get());
  if (!api.ireeCompilerInvocationImportStealModule(invocation.handle(), module.release().handle()))
    return failed(invocation.errors());
  IreeOutput* output = nullptr;
  if (IreeError* error = api.ireeCompilerOutputOpenMembuffer(&output))
    return failed(take_message(error));
  void* data = nullptr;
  uint64_t size = 0;
  IreeError* error = api.ireeCompilerInvocationOutputVMBytecode(invocation.handle(), output);
  if (!error) error = api.ireeCompilerOutputMapMemory(output, &data, &size);
  std::string bytes;
  if (!error) bytes.assign(static_cast<const char*>(data), size);
  api.ireeCompilerOutputDestroy(output);
  if (error) {
    const std::string message = take_message(error);
    return failed(source_name_ + ": cannot write the module: " + message +
                  (invocation.errors().empty() ? "" : "\n" + invocation.errors()));
  }
  return bytes;
}

std::string compiler_version() { return compiler_api().ireeCompilerGetRevision(); }

}  // namespace takt::compile
