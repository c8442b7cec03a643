import CHostCUDA
import Foundation
import HostCompute
import HostCore
import Support
import Synchronization
import TestDevices
import Testing

@testable import HostComputeCUDA

/// What `--rwkv-cuda-on` does with and without NVIDIA's compiler library.
@Suite("Compiling for the very card")
struct CompilerTests {
    /// NVRTC of a virtual environment below `.build`, where `Sources/CHostCUDA/ptx.py` puts it.
    static let library: String? = {
        let folder = Fixture.root.appending(path: ".build/cuda-python").path(percentEncoded: false)
        return NVRTCSearch(environment: ["VIRTUAL_ENV": folder]).candidates.first { $0.hasPrefix(folder) }
    }()

    @Test("a source brings all along that it includes, and no file is missing")
    func sources() throws {
        for module in KernelModule.all {
            let source = KernelSource(module.source)
            #expect(!source.text.isEmpty, "\(module.source)")
            let known = Set(source.includes.map(\.name))
            for text in [source.text] + source.includes.map(\.text) {
                // The other half of device.inc is the fake driver's.
                for line in text.split(separator: "\n") where line.hasPrefix("#include \"") && !line.contains("device_twins.inc") {
                    let name = line.dropFirst("#include \"".count).prefix { $0 != "\"" }
                    #expect(known.contains(String(name)), "\(module.source) lacks \(name)")
                }
            }
        }
    }

    @Test("the search finds packages of pip in a virtual environment, newest name first")
    func search() throws {
        let folder = try TemporaryFolder()
        for name in ["cuda_nvrtc/lib/libnvrtc.so.12", "cu13/lib/libnvrtc.so.13"] {
            _ = try folder.write("lib/python3.12/site-packages/nvidia/\(name)", Data())
        }
        let found = NVRTCSearch(environment: ["VIRTUAL_ENV": folder.path]).candidates
        #expect(found.prefix(2) == ["libnvrtc.so.13", "libnvrtc.so.12"])
        #expect(found.contains { $0.hasSuffix("cuda_nvrtc/lib/libnvrtc.so.12") && $0.hasPrefix(folder.path) })
        #expect(found.contains { $0.hasSuffix("cu13/lib/libnvrtc.so.13") && $0.hasPrefix(folder.path) })
    }

    @Test("a library that cannot be opened, or is another, is an error that names it")
    func foreign() throws {
        let missing = #expect(throws: NVRTC.Failure.self) { try NVRTCSearch().open("/nowhere/libnvrtc.so.12") }
        #expect(missing?.text.contains("/nowhere/libnvrtc.so.12") == true)
        let other = #expect(throws: NVRTC.Failure.self) { try NVRTCSearch().open("libc.so.6") }
        #expect(other?.text.contains("nvrtcVersion") == true)
    }

    @Test("the cache keeps machine code, tells keys apart, and takes nothing else for it")
    func cache() throws {
        let cache = KernelCache(folder: try TemporaryFolder().path + "/with space/ä")
        let key = KernelCache.key(["a", "bc"]), other = KernelCache.key(["ab", "c"])
        #expect(key != other && cache.bytes(key) == nil)
        try cache.keep([0x7F, 0x45, 0x4C, 0x46, 1, 2], key)
        #expect(cache.bytes(key) == [0x7F, 0x45, 0x4C, 0x46, 1, 2] && cache.bytes(other) == nil)
        try cache.keep(Array("<html>".utf8), key)
        #expect(cache.bytes(key) == nil)
        cache.remove(key)
        let unwritable = KernelCache(folder: "/proc/nowhere")
        #expect(throws: (any Error).self) { try unwritable.keep([1], key) }
    }

    @Test("NVRTC makes machine code of every source for the cards it knows", .enabled(if: library != nil, "NVRTC is not in .build/cuda-python"))
    func compile() throws {
        let library = try NVRTC(try #require(Self.library))
        #expect(library.version >= CUDADriver.Version(major: 11, minor: 2) && library.architectures.contains(80))
        let source = KernelSource("steps.cu")
        let bytes = try library.compile(source, options: ["--gpu-architecture=sm_80", "--std=c++17", "-default-device"])
        #expect(bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]))
        let error = #expect(throws: NVRTC.Failure.self) { try library.compile(source, options: ["--gpu-architecture=sm_1"]) }
        #expect(error?.text.isEmpty == false)
    }
}

extension CUDASuite {
    @Suite("With NVRTC", .enabled(if: CompilerTests.library != nil, "NVRTC is not in .build/cuda-python"))
    struct RealCompilerTests {
        @Test("modules are compiled for the very card, run, and come from the cache the next time", arguments: [80, 90])
        func compile(capability: Int) throws {
            FakeCUDA.configure("cc=\(capability)")
            let driver = try CUDADriver(for: .cuda(index: 0), from: [try #require(FakeCUDA.library)])
            let context = try CUDAContext(driver, CUDACard(0, driver))
            let cache = KernelCache(folder: try TemporaryFolder().path)
            let lines = Mutex<[String]>([])
            let log = Log { _, text in lines.withLock { $0.append(text) } }
            for isFirst in [true, false] {
                let compiler = KernelCompiler(CompilerTests.library, context, log, cache: cache)
                let kernels = CUDAKernels(context, compiler: compiler, log)
                _ = try kernels.function("mk_normalize", NormalizeArguments.self)
                _ = try kernels.function("mk_wkv7_step", WKV7Arguments.self)
                let found = lines.withLock { lines in
                    defer { lines = [] }
                    return lines
                }
                #expect(found.filter { $0.hasPrefix("compiled ") }.count == (isFirst ? 2 : 0), "\(found)")
                #expect(!found.contains { $0.contains("were not compiled") }, "\(found)")
            }
        }
    }

    @Suite("Without NVRTC")
    struct NoCompilerTests {
        @Test("a compiler that is missing is one warning with a way to get it, and the model works")
        func missing() async throws {
            let warnings = Mutex<[String]>([])
            let log = Log { level, text in if level == .warning { warnings.withLock { $0.append(text) } } }
            _ = FakeCUDA.device("cc=90")
            let device = CUDADevice(libraries: [try #require(FakeCUDA.library)], log: log)
            var options = DeviceOptions(threads: 1, compilesKernels: true)
            options.compilerPath = "/nowhere/libnvrtc.so.12"
            let backend = try device.open(.cuda(index: 0), options)
            _ = try backend.makeVector([1, 2, 3])
            let x = try backend.makeActivations(width: 8, per: .tokens)
            _ = try backend.prepare([.apply(.tanh, to: x)], states: nil)
            let found = warnings.withLock { $0 }
            #expect(found.count == 1 && found[0].contains("/nowhere/libnvrtc.so.12"), "\(found)")
        }
    }
}
