// swift-tools-version: 6.3
// The map of ModelHost. A module imports only from the tiers above it:
//   tier 0  HostRuntime
//   tier 1  HostCore · CHostKernels · CHostCUDA · CHostPage · HostHTTP
//   tier 2  HostFiles
//   tier 3  HostCompute · HostCheckpoints · HostTokenizers · HostConstraints · HostTemplates · HostExtensions · HostHub · HostStore
//   tier 4  HostComputeCPU · HostComputeCUDA · RWKVModels · HostGeneration
//   tier 5  RWKVLoaderHF · RWKVLoaderPTH · HostModels · HostServer
//   tier 6  modelhost
import PackageDescription

/// What every Swift target is compiled with: no warnings, no implicit imports, no unmarked unsafe code.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// Extensions built yesterday keep working when HostCore grows: stored layouts and inlined bodies stay private.
let libraryEvolution: [SwiftSetting] = [.unsafeFlags(["-enable-library-evolution"])]

/// Extensions find HostCore's symbols in the host itself, so there is one copy of every type.
let exportSymbols: [LinkerSetting] = [.unsafeFlags(["-Xlinker", "--export-dynamic"], .when(platforms: [.linux]))]

let package = Package(
    name: "ModelHost",
    products: [
        .executable(name: "modelhost", targets: ["modelhost"])
    ],
    dependencies: [],
    targets: [
        // Tier 0: locks, threads, memory, signals.
        // CSystem has no code: it names headers of the C library that the Glibc module of Swift leaves out.
        .systemLibrary(name: "CSystem"),
        .target(name: "HostRuntime", dependencies: ["CSystem"], exclude: ["Locks.md"], swiftSettings: strict),

        // Tier 1: the nouns; the C kernels, for CPUs and for CUDA; the files of the page; bytes over sockets. None of them knows another.
        .target(name: "HostCore", exclude: ["HostCore.docc"], swiftSettings: strict + libraryEvolution),
        .target(name: "CHostKernels"),
        .target(
            name: "CHostCUDA",
            exclude: ["kernels", "ptx", "modules.def", "kernels.def", "nvrtc.py", "ptx.py"]),
        .target(name: "CHostPage", exclude: ["files", "pictures"]),
        .target(name: "HostHTTP", dependencies: ["CSystem", "HostRuntime"], swiftSettings: strict),

        // Tier 2: the one way to the files of this machine.
        .target(name: "HostFiles", dependencies: ["CSystem", "HostCore"], swiftSettings: strict),

        // Tier 3: each speaks HostCore's nouns and ends at its own border.
        .target(name: "HostCompute", dependencies: ["HostCore"], swiftSettings: strict),
        .target(name: "HostCheckpoints", dependencies: ["HostCore", "HostFiles"], swiftSettings: strict),
        .target(name: "HostTokenizers", dependencies: ["HostCore", "HostFiles"], swiftSettings: strict),
        .target(name: "HostConstraints", dependencies: ["HostCore"], swiftSettings: strict),
        .target(name: "HostTemplates", dependencies: ["HostCore"], swiftSettings: strict),
        .target(name: "HostExtensions", dependencies: ["HostCore", "HostFiles"], swiftSettings: strict),
        // From HostHTTP it has header fields and Git's checksum; the way out is libcurl, opened when it is wanted.
        .target(
            name: "HostHub", dependencies: ["CSystem", "HostCore", "HostRuntime", "HostFiles", "HostHTTP"],
            swiftSettings: strict),
        // From HostHTTP it has sockets and TLS.
        .target(name: "HostStore", dependencies: ["HostCore", "HostRuntime", "HostHTTP"], swiftSettings: strict),

        // Tier 4: a device each; the mathematics of RWKV, which knows none of them; the one pipeline from prompt to text.
        .target(
            name: "HostComputeCPU", dependencies: ["HostCore", "HostCompute", "CHostKernels"], swiftSettings: strict),
        .target(
            name: "HostComputeCUDA", dependencies: ["HostCore", "HostCompute", "HostFiles", "CHostCUDA"],
            swiftSettings: strict),
        .target(name: "RWKVModels", dependencies: ["HostCore", "HostCompute"], swiftSettings: strict),
        .target(
            name: "HostGeneration", dependencies: ["HostCore", "HostRuntime", "HostFiles", "HostConstraints", "HostStore"],
            swiftSettings: strict),

        // Tier 5: files → tensors + tokenizer → the model builder; loaders meet RWKVModels only through `ModelBuilder`.
        // Which models there are and which are loaded; the HTTP dialects, which know models by `ModelService` alone.
        .target(name: "RWKVLoaderHF", dependencies: ["HostCore", "HostFiles", "HostCheckpoints", "HostTokenizers"], swiftSettings: strict),
        .target(name: "RWKVLoaderPTH", dependencies: ["HostCore", "HostFiles", "HostCheckpoints", "HostTokenizers"], swiftSettings: strict),
        .target(
            name: "HostModels", dependencies: ["HostCore", "HostRuntime", "HostFiles", "HostGeneration"],
            swiftSettings: strict),
        .target(
            name: "HostServer",
            dependencies: [
                "HostCore", "HostRuntime", "HostFiles", "HostHTTP", "HostConstraints", "HostTemplates", "HostGeneration",
                "HostExtensions", "HostHub", "HostStore", "CHostPage",
            ],
            swiftSettings: strict),

        // Tier 6: the composition root, the only place where all of them meet.
        .executableTarget(
            name: "modelhost",
            dependencies: [
                "HostCore", "HostRuntime", "HostFiles", "HostHTTP", "HostCompute", "HostComputeCPU", "HostComputeCUDA",
                "HostCheckpoints", "HostTokenizers", "HostTemplates", "HostGeneration", "HostExtensions", "HostHub", "HostStore",
                "RWKVModels", "HostModels", "HostServer", "RWKVLoaderHF", "RWKVLoaderPTH",
            ],
            swiftSettings: strict, linkerSettings: exportSymbols),

        // Tests: a folder per module, plus what they share.
        .target(name: "Support", dependencies: ["HostCore"], path: "Tests/Support", swiftSettings: strict),
        .target(
            name: "TestDevices",
            dependencies: [
                "HostCore", "HostCompute", "HostComputeCPU", "HostComputeCUDA", "HostCheckpoints", "RWKVModels", "Support",
            ],
            path: "Tests/TestDevices", swiftSettings: strict),
        .target(
            name: "TestEngines", dependencies: ["HostGeneration", "HostCore", "Support"], path: "Tests/TestEngines",
            swiftSettings: strict),
        .testTarget(name: "HostRuntimeTests", dependencies: ["HostRuntime", "Support"], swiftSettings: strict),
        .testTarget(name: "HostCoreTests", dependencies: ["HostCore", "Support"], swiftSettings: strict),
        .testTarget(name: "HostFilesTests", dependencies: ["HostFiles", "HostCore", "Support"], swiftSettings: strict),
        .testTarget(name: "HostHTTPTests", dependencies: ["HostHTTP", "HostRuntime", "Support"], swiftSettings: strict),
        .testTarget(
            name: "HostCheckpointsTests", dependencies: ["HostCheckpoints", "HostCore", "Support"],
            swiftSettings: strict),
        .testTarget(
            name: "HostTokenizersTests", dependencies: ["HostTokenizers", "HostCore", "Support"],
            swiftSettings: strict),
        .testTarget(
            name: "HostComputeTests",
            dependencies: ["HostCompute", "HostComputeCPU", "TestDevices", "HostCore", "Support"], swiftSettings: strict),
        .testTarget(
            name: "HostComputeCPUTests",
            dependencies: ["HostComputeCPU", "HostCompute", "CHostKernels", "HostCore", "Support"], swiftSettings: strict),
        .testTarget(
            name: "HostComputeCUDATests",
            dependencies: [
                "HostComputeCUDA", "HostCompute", "HostComputeCPU", "CHostCUDA", "RWKVModels", "RWKVLoaderPTH", "HostGeneration",
                "HostCheckpoints", "HostCore", "Support", "TestDevices",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HostExtensionsTests", dependencies: ["HostExtensions", "HostCore", "Support"],
            swiftSettings: strict, linkerSettings: exportSymbols),
        .testTarget(
            name: "HostHubTests", dependencies: ["HostHub", "HostRuntime", "HostFiles", "HostHTTP", "HostCore", "Support"],
            swiftSettings: strict),
        .testTarget(
            name: "HostStoreTests", dependencies: ["HostStore", "HostHTTP", "HostCore", "Support"], swiftSettings: strict),
        .testTarget(
            name: "HostConstraintsTests", dependencies: ["HostConstraints", "HostCore", "Support"], swiftSettings: strict),
        .testTarget(name: "HostTemplatesTests", dependencies: ["HostTemplates", "HostCore", "Support"], swiftSettings: strict),
        .testTarget(
            name: "HostGenerationTests",
            dependencies: ["HostGeneration", "HostConstraints", "HostStore", "HostRuntime", "HostCore", "Support", "TestEngines"],
            swiftSettings: strict),
        .testTarget(
            name: "HostModelsTests",
            dependencies: ["HostModels", "HostGeneration", "HostRuntime", "HostCore", "Support", "TestEngines"],
            swiftSettings: strict),
        .testTarget(
            name: "RWKVModelsTests",
            dependencies: [
                "RWKVModels", "HostCompute", "HostComputeCPU", "HostCheckpoints", "HostCore", "Support", "TestDevices",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HostServerTests",
            dependencies: [
                "HostServer", "HostRuntime", "HostHTTP", "HostConstraints", "HostTemplates", "HostGeneration", "HostModels",
                "HostExtensions", "HostHub", "HostStore", "HostCore", "Support",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "RWKVLoaderHFTests",
            dependencies: ["RWKVLoaderHF", "RWKVModels", "HostCheckpoints", "HostCore", "Support", "TestDevices"],
            swiftSettings: strict),
        .testTarget(
            name: "RWKVLoaderPTHTests",
            dependencies: [
                "RWKVLoaderPTH", "RWKVModels", "HostCheckpoints", "HostGeneration", "HostCore", "Support", "TestDevices",
            ],
            swiftSettings: strict),
        // The loaders in extensions/, compiled and opened as the host does it.
        .testTarget(
            name: "ExtensionFormatTests",
            dependencies: [
                "HostExtensions", "HostGeneration", "RWKVModels", "HostCheckpoints", "HostTokenizers", "HostCore", "Support",
                "TestDevices",
            ],
            swiftSettings: strict, linkerSettings: exportSymbols),
        .testTarget(name: "StructureTests", dependencies: ["Support"], swiftSettings: strict),
        .testTarget(
            name: "modelhostTests",
            dependencies: [
                "modelhost", "HostHub", "HostGeneration", "HostTokenizers", "RWKVModels", "HostCompute", "HostComputeCPU", "HostCore", "Support",
                "TestDevices", "TestEngines",
            ],
            swiftSettings: strict),
        // Runs the built program; the dependency only sees to it that there is one.
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "modelhost", "RWKVLoaderHF", "RWKVLoaderPTH", "RWKVModels", "HostCheckpoints", "HostCore", "Support",
                "TestDevices",
            ],
            swiftSettings: strict),
    ],
    cLanguageStandard: .c11
)
