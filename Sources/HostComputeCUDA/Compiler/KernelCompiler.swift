import Foundation
import HostCompute
import HostCore
import HostFiles
import Synchronization

/// Compiles kernels for the very card, once for each version of sources, options, compiler and driver.
///
/// Nothing here is needed: what fails is reported in one warning, and the PTX of the binary takes its place.
final class KernelCompiler: Sendable {
    private let log: Log
    private let cache: KernelCache
    private let library: NVRTC?
    /// What the card is to compilers, such as 90.
    private let capability: Int
    private let hasWarned = Mutex(false)

    /// - Parameter path: the library that the user names.
    init(
        _ path: String?, _ context: CUDAContext, _ log: Log, search: NVRTCSearch = NVRTCSearch(),
        cache: KernelCache = KernelCache()
    ) {
        (self.log, self.cache) = (log, cache)
        capability = context.card.capability.number
        do throws(NVRTC.Failure) {
            let library = try search.open(path)
            self.library = try KernelCompiler.checked(library, for: context.card)
        } catch {
            library = nil
            log.warning(
                "the CUDA kernels are not compiled for \(context.card.name): \(error.text). The driver compiles them instead")
        }
    }

    /// A compiler knows cards of some years: newer ones drop the oldest, older ones have never heard of the newest.
    private static func checked(_ library: NVRTC, for card: CUDACard) throws(NVRTC.Failure) -> NVRTC {
        let number = card.capability.number
        guard library.architectures.contains(number) else {
            let isOlder = number < library.architectures.first ?? 0
            throw NVRTC.Failure(
                text: "NVRTC \(library.version) (\(library.path)) does not know compute capability \(card.capability); "
                    + (isOlder ? NVRTCSearch.installation : "a newer NVRTC does"))
        }
        return library
    }

    /// A module compiled now or before; nil where it cannot be had.
    func code(of module: KernelModule, for context: CUDAContext) -> CUDACode? {
        guard let library else { return nil }
        let source = KernelSource(module.source)
        let architecture = "sm_\(capability)\(module.isExact ? "a" : "")"
        let options = ["--gpu-architecture=\(architecture)", "--std=c++17", "-default-device"]
        let key = KernelCache.key(
            [source.text] + source.includes.flatMap { [$0.name, $0.text] } + options
                + ["NVRTC \(library.version)", "driver \(context.driver.version)"])
        if let bytes = cache.bytes(key) {
            if let code = load(bytes, module, context) { return code }
            cache.remove(key)
        }
        return compile(source, options, key, library, module, context)
    }

    private func compile(
        _ source: KernelSource, _ options: [String], _ key: String, _ library: NVRTC, _ module: KernelModule,
        _ context: CUDAContext
    ) -> CUDACode? {
        log.info("compiling the kernels \(module.name) for \(context.card.name) with NVRTC \(library.version), once")
        // Processes that begin together take turns and find the first one's work; one that hangs delays the others only briefly.
        try? FileManager.default.createDirectory(
            atPath: cache.folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let turn = FolderLock(cache.folder)
        let kept = cache.bytes(key).flatMap { load($0, module, context) }
        let code = kept ?? compileNow(source, options, key, library, module, context)
        _ = consume turn
        return code
    }

    private func compileNow(
        _ source: KernelSource, _ options: [String], _ key: String, _ library: NVRTC, _ module: KernelModule,
        _ context: CUDAContext
    ) -> CUDACode? {
        let start = ContinuousClock.now
        do throws(NVRTC.Failure) {
            let bytes = try library.compile(source, options: options)
            guard let code = load(bytes, module, context) else {
                throw NVRTC.Failure(text: "the driver does not take what NVRTC \(library.version) made of \(module.name)")
            }
            log.info("compiled \(module.name) in \(((ContinuousClock.now - start) / .milliseconds(1)).rounded() / 1000) s")
            keep(bytes, key)
            return code
        } catch {
            warn("the kernels \(module.name) were not compiled for this card, the driver compiles them: \(error.text)")
            return nil
        }
    }

    private func keep(_ bytes: [UInt8], _ key: String) {
        do { try cache.keep(bytes, key) } catch {
            warn("compiled kernels are not kept, so the next start compiles them again: \(error)")
        }
    }

    private func load(_ bytes: [UInt8], _ module: KernelModule, _ context: CUDAContext) -> CUDACode? {
        unsafe bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return nil }
            return unsafe try? CUDACode(context, "\(module.name), compiled", image: base, log)
        }
    }

    /// One warning says it all.
    private func warn(_ text: String) {
        let isFirst = hasWarned.withLock { hasWarned in
            defer { hasWarned = true }
            return !hasWarned
        }
        if isFirst { log.warning(text) }
    }
}
