// The subset of libIREECompiler's C API that compile/ uses: the embedding API
// (ireeCompiler*) and the MLIR C API (mlir*). The wheel ships no headers, so the
// declarations are ours, checked at load time by name.
//
// The library is opened with dlopen once per process and never closed (its threads and
// registries outlive any scope). load_compiler() may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"

namespace takt::compile {

struct MlirContext { void* ptr; };
struct MlirOperation { void* ptr; };
struct MlirRegion { void* ptr; };
struct MlirBlock { void* ptr; };
struct MlirValue { const void* ptr; };
struct MlirType { const void* ptr; };
struct MlirAttribute { const void* ptr; };
struct MlirIdentifier { const void* ptr; };
struct MlirOpPrintingFlags { void* ptr; };
struct MlirStringRef { const char* data; size_t length; };
struct MlirNamedAttribute { MlirIdentifier name; MlirAttribute attribute; };

using MlirStringCallback = void (*)(MlirStringRef, void*);
using MlirWalkCallback = int (*)(MlirOperation, void*);  // 0 advance, 1 interrupt, 2 skip
using IreeDiagnosticCallback = void (*)(int severity, const char* message, size_t size, void*);

struct IreeSession;
struct IreeInvocation;
struct IreeSource;
struct IreeOutput;
struct IreeError;

// X(return type, name, arguments)
#define TAKT_COMPILER_FUNCTIONS(X)                                                              \
  X(void, ireeCompilerGlobalInitialize, (void))                                                 \
  X(void, ireeCompilerGlobalShutdown, (void))                                                   \
  X(const char*, ireeCompilerGetRevision, (void))                                               \
  X(const char*, ireeCompilerErrorGetMessage, (IreeError*))                                     \
  X(void, ireeCompilerErrorDestroy, (IreeError*))                                               \
  X(IreeSession*, ireeCompilerSessionCreate, (void))                                            \
  X(void, ireeCompilerSessionDestroy, (IreeSession*))                                           \
  X(IreeError*, ireeCompilerSessionSetFlags, (IreeSession*, int, const char* const*))           \
  X(IreeInvocation*, ireeCompilerInvocationCreate, (IreeSession*))                              \
  X(void, ireeCompilerInvocationDestroy, (IreeInvocation*))                                     \
  X(void, ireeCompilerInvocationEnableCallbackDiagnostics,                                      \
    (IreeInvocation*, int, IreeDiagnosticCallback, void*))                                      \
  X(bool, ireeCompilerInvocationParseSource, (IreeInvocation*, IreeSource*))                    \
  X(void, ireeCompilerInvocationSetCompileFromPhase, (IreeInvocation*, const char*))            \
  X(void, ireeCompilerInvocationSetCompileToPhase, (IreeInvocation*, const char*))              \
  X(bool, ireeCompilerInvocationPipeline, (IreeInvocation*, int))                               \
  X(MlirOperation, ireeCompilerInvocationExportStealModule, (IreeInvocation*))                  \
  X(bool, ireeCompilerInvocationImportStealModule, (IreeInvocation*, MlirOperation))            \
  X(IreeError*, ireeCompilerInvocationOutputVMBytecode, (IreeInvocation*, IreeOutput*))         \
  X(IreeError*, ireeCompilerSourceWrapBuffer,                                                   \
    (IreeSession*, const char*, const char*, size_t, bool, IreeSource**))                       \
  X(void, ireeCompilerSourceDestroy, (IreeSource*))                                             \
  X(IreeError*, ireeCompilerOutputOpenMembuffer, (IreeOutput**))                                \
  X(IreeError*, ireeCompilerOutputMapMemory, (IreeOutput*, void**, uint64_t*))                  \
  X(void, ireeCompilerOutputDestroy, (IreeOutput*))                                             \
  X(MlirContext, mlirOperationGetContext, (MlirOperation))                                      \
  X(MlirIdentifier, mlirOperationGetName, (MlirOperation))                                      \
  X(MlirStringRef, mlirIdentifierStr, (MlirIdentifier))                                         \
  X(void, mlirOperationDestroy, (MlirOperation))                                                \
  X(MlirBlock, mlirOperationGetBlock, (MlirOperation))                                          \
  X(MlirOperation, mlirOperationGetParentOperation, (MlirOperation))                            \
  X(intptr_t, mlirOperationGetNumRegions, (MlirOperation))                                      \
  X(MlirRegion, mlirOperationGetRegion, (MlirOperation, intptr_t))                              \
  X(MlirOperation, mlirOperationGetNextInBlock, (MlirOperation))                                \
  X(intptr_t, mlirOperationGetNumOperands, (MlirOperation))                                     \
  X(MlirValue, mlirOperationGetOperand, (MlirOperation, intptr_t))                              \
  X(intptr_t, mlirOperationGetNumResults, (MlirOperation))                                      \
  X(MlirValue, mlirOperationGetResult, (MlirOperation, intptr_t))                               \
  X(MlirAttribute, mlirOperationGetAttributeByName, (MlirOperation, MlirStringRef))             \
  X(void, mlirOperationSetDiscardableAttributeByName,                                           \
    (MlirOperation, MlirStringRef, MlirAttribute))                                              \
  X(bool, mlirOperationRemoveDiscardableAttributeByName, (MlirOperation, MlirStringRef))        \
  X(void, mlirOperationWalk, (MlirOperation, MlirWalkCallback, void*, int))                     \
  X(void, mlirOperationPrintWithFlags,                                                          \
    (MlirOperation, MlirOpPrintingFlags, MlirStringCallback, void*))                            \
  X(MlirOpPrintingFlags, mlirOpPrintingFlagsCreate, (void))                                     \
  X(void, mlirOpPrintingFlagsDestroy, (MlirOpPrintingFlags))                                    \
  X(void, mlirOpPrintingFlagsUseLocalScope, (MlirOpPrintingFlags))                              \
  X(MlirBlock, mlirRegionGetFirstBlock, (MlirRegion))                                           \
  X(MlirBlock, mlirBlockGetNextInRegion, (MlirBlock))                                           \
  X(MlirOperation, mlirBlockGetFirstOperation, (MlirBlock))                                     \
  X(MlirOperation, mlirBlockGetParentOperation, (MlirBlock))                                    \
  X(intptr_t, mlirBlockGetNumArguments, (MlirBlock))                                            \
  X(MlirValue, mlirBlockGetArgument, (MlirBlock, intptr_t))                                     \
  X(bool, mlirValueIsABlockArgument, (MlirValue))                                               \
  X(MlirBlock, mlirBlockArgumentGetOwner, (MlirValue))                                          \
  X(intptr_t, mlirBlockArgumentGetArgNumber, (MlirValue))                                       \
  X(MlirOperation, mlirOpResultGetOwner, (MlirValue))                                           \
  X(intptr_t, mlirOpResultGetResultNumber, (MlirValue))                                         \
  X(MlirType, mlirValueGetType, (MlirValue))                                                    \
  X(void, mlirTypePrint, (MlirType, MlirStringCallback, void*))                                 \
  X(MlirType, mlirTypeParseGet, (MlirContext, MlirStringRef))                                   \
  X(bool, mlirTypeIsARankedTensor, (MlirType))                                                  \
  X(MlirAttribute, mlirRankedTensorTypeGetEncoding, (MlirType))                                 \
  X(MlirType, mlirShapedTypeGetElementType, (MlirType))                                         \
  X(int64_t, mlirShapedTypeGetRank, (MlirType))                                                 \
  X(bool, mlirShapedTypeIsDynamicDim, (MlirType, intptr_t))                                     \
  X(int64_t, mlirShapedTypeGetDimSize, (MlirType, intptr_t))                                    \
  X(void, mlirAttributePrint, (MlirAttribute, MlirStringCallback, void*))                       \
  X(MlirAttribute, mlirAttributeParseGet, (MlirContext, MlirStringRef))                         \
  X(bool, mlirAttributeIsAInteger, (MlirAttribute))                                             \
  X(int64_t, mlirIntegerAttrGetValueInt, (MlirAttribute))                                       \
  X(unsigned, mlirIntegerAttrGetValueBitWidth, (MlirAttribute))                                 \
  X(MlirAttribute, mlirIntegerAttrGet, (MlirType, int64_t))                                     \
  X(MlirType, mlirIntegerTypeGet, (MlirContext, unsigned))                                      \
  X(bool, mlirAttributeIsAString, (MlirAttribute))                                              \
  X(MlirStringRef, mlirStringAttrGetValue, (MlirAttribute))                                     \
  X(MlirAttribute, mlirStringAttrGet, (MlirContext, MlirStringRef))                             \
  X(bool, mlirAttributeIsASymbolRef, (MlirAttribute))                                           \
  X(MlirStringRef, mlirSymbolRefAttrGetRootReference, (MlirAttribute))                          \
  X(MlirStringRef, mlirSymbolRefAttrGetLeafReference, (MlirAttribute))                          \
  X(bool, mlirAttributeIsAArray, (MlirAttribute))                                               \
  X(intptr_t, mlirArrayAttrGetNumElements, (MlirAttribute))                                     \
  X(MlirAttribute, mlirArrayAttrGetElement, (MlirAttribute, intptr_t))                          \
  X(bool, mlirAttributeIsADictionary, (MlirAttribute))                                          \
  X(MlirAttribute, mlirDictionaryAttrGetElementByName, (MlirAttribute, MlirStringRef))          \
  X(bool, mlirAttributeIsADenseI32Array, (MlirAttribute))                                       \
  X(bool, mlirAttributeIsADenseI64Array, (MlirAttribute))                                       \
  X(intptr_t, mlirDenseArrayGetNumElements, (MlirAttribute))                                    \
  X(int32_t, mlirDenseI32ArrayGetElement, (MlirAttribute, intptr_t))                            \
  X(int64_t, mlirDenseI64ArrayGetElement, (MlirAttribute, intptr_t))                            \
  X(MlirAttribute, mlirDenseI64ArrayGet, (MlirContext, intptr_t, const int64_t*))               \
  X(bool, mlirAttributeIsADenseElements, (MlirAttribute))                                       \
  X(bool, mlirDenseElementsAttrIsSplat, (MlirAttribute))                                        \
  X(const void*, mlirDenseElementsAttrGetRawData, (MlirAttribute))                              \
  X(MlirType, mlirAttributeGetType, (MlirAttribute))

struct CompilerApi {
#define TAKT_DECLARE(type, name, arguments) type(*name) arguments = nullptr;
  TAKT_COMPILER_FUNCTIONS(TAKT_DECLARE)
#undef TAKT_DECLARE
};

// Path of libIREECompiler.so: $TAKT_IREE_COMPILER, else the venv of the build.
std::string compiler_library_path();

// Opens the library and initialises it; later calls return the first outcome.
Status load_compiler();

// REQUIRES: load_compiler() succeeded
const CompilerApi& compiler_api();

}  // namespace takt::compile
